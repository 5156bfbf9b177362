#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// Files as PyTorch and torchvision write them, made once.
class ModelFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    bench_ = std::make_unique<Workbench>();
    Subprocess::Options python;
    python.argv = {"/usr/bin/python3", EDGEBENCH_MAKE_MODELS, bench_->folder()};
    python.environment = {"PATH=/usr/bin:/bin", "HOME=" + bench_->folder(), "OMP_NUM_THREADS=1"};
    python.output_prefix = bench_->File("python");
    Subprocess process(python);
    const auto state = process.Wait(absl::Minutes(2));
    ASSERT_TRUE(state && state->code == 0)
        << "python3-torch and python3-torchvision are needed: " << process.errors();
    agent_ = bench_->StartAgent();
    ASSERT_NE(agent_, nullptr);
  }
  static void TearDownTestSuite() {
    agent_.reset();
    bench_.reset();
  }

  static std::vector<std::string> BenchOf(const std::string& file,
                                          const std::vector<std::string>& inputs) {
    std::vector<std::string> call = {"bench", bench_->File(file), "--threads", "1", "--k", "3",
                                     "--json"};
    for (const std::string& input : inputs) call.insert(call.end(), {"--input", input});
    return call;
  }

  static Json Only(const Finished& finished) {
    const Json document = finished.Json();
    if (document.is_object() && document["measurements"].size() == 1) {
      return document["measurements"][0];
    }
    ADD_FAILURE() << finished.out << finished.err;
    return Json::object();
  }

  static void ExpectMeasured(const Finished& finished) {
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    const Json cell = Only(finished);
    EXPECT_EQ(cell["outcome"], "ok") << cell["message"];
    EXPECT_EQ(cell["latency_ns"]["samples"], 3);
  }

  static std::unique_ptr<Workbench> bench_;
  static std::unique_ptr<AgentProcess> agent_;
};

std::unique_ptr<Workbench> ModelFiles::bench_;
std::unique_ptr<AgentProcess> ModelFiles::agent_;

TEST_F(ModelFiles, AScriptedNetworkIsMeasuredAtEveryPrecision) {
  std::vector<std::string> call = BenchOf("scripted_resnet18.pt", {"float32[N,3,H,W]"});
  call.insert(call.end(), {"--image-size", "64", "--precision", "fp32,int8-dynamic,int8-static"});
  const Finished run = bench_->Run(call);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 3u);
  for (const Json& cell : document["measurements"]) {
    EXPECT_EQ(cell["outcome"], "ok") << cell["message"];
    EXPECT_EQ(cell["model"], "scripted_resnet18.pt");
  }
  EXPECT_EQ(document["measurements"][0]["parameters"], 11'181'642);
  EXPECT_LT(document["measurements"][2]["model_bytes"].get<double>(),
            0.3 * document["measurements"][0]["model_bytes"].get<double>());
}

TEST_F(ModelFiles, ATracedNetworkIsMeasuredAtEveryPrecision) {
  std::vector<std::string> call = BenchOf("traced_mobilenet_v2.pt", {"float32[N,3,64,64]"});
  call.insert(call.end(), {"--precision", "fp32,int8-dynamic,int8-static"});
  const Finished run = bench_->Run(call);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 3u) << run.out;
  for (const Json& cell : document["measurements"]) {
    EXPECT_EQ(cell["outcome"], "ok") << cell["message"];
  }
}

TEST_F(ModelFiles, AModelThatForksRunsAndAllItsOperatorsAreSeen) {
  std::vector<std::string> call = BenchOf("forks.pt", {"float32[N,8]"});
  call.insert(call.end(), {"--precision", "fp32,int8-dynamic"});
  const Finished run = bench_->Run(call);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 2u) << run.out;
  EXPECT_EQ(document["measurements"][0]["flops"], 2 * 8 * 4) << "of the forked layer as well";
  EXPECT_EQ(document["measurements"][1]["coverage"]["total_ops"], 2);
  const Finished profile = bench_->Run({"profile", bench_->File("forks.pt"), "--input",
                                        "float32[N,8]", "--threads", "1", "--k", "3", "--json"});
  EXPECT_EQ(profile.exit_code, 0) << profile.err;
  EXPECT_EQ(Only(profile)["outcome"], "ok");
}

TEST_F(ModelFiles, TwoInputsAreFedInTheirOrder) {
  ExpectMeasured(bench_->Run(BenchOf("two_inputs.pt", {"float32[N,8]", "float32[N,8]:0..1"})));
}

TEST_F(ModelFiles, OneInputTooFewIsAFaultOfTheModelOrItsInputs) {
  const Finished run = bench_->Run(BenchOf("two_inputs.pt", {"float32[N,8]"}));
  EXPECT_NE(run.exit_code, 0);
  EXPECT_THAT(run.out + run.err, HasSubstr("input"));
}

TEST_F(ModelFiles, OutputsMayBeATupleAListOrADict) {
  for (const char* file : {"tuple_output.pt", "list_output.pt", "dict_output.pt"}) {
    SCOPED_TRACE(file);
    ExpectMeasured(bench_->Run(BenchOf(file, {"float32[N,8]"})));
    std::vector<std::string> dynamic = BenchOf(file, {"float32[N,8]"});
    dynamic.insert(dynamic.end(), {"--precision", "int8-dynamic"});
    const Finished run = bench_->Run(dynamic);
    ExpectMeasured(run);
    EXPECT_GT(Only(run)["parity"]["sqnr_db"].get<double>(), 15.0);
  }
}

TEST_F(ModelFiles, TokensAreDrawnFromTheirRange) {
  ExpectMeasured(bench_->Run(BenchOf("tokens.pt", {"int64[N,12]:0..99"})));
  // An embedding of a hundred rows.
  const Finished beyond = bench_->Run(BenchOf("tokens.pt", {"int64[N,12]:100..200"}));
  EXPECT_NE(beyond.exit_code, 0);
  EXPECT_NE(Only(beyond)["outcome"], "ok");
}

TEST_F(ModelFiles, AnOperatorOfANewerPyTorchIsNamedWithBothVersions) {
  const Finished run = bench_->Run(BenchOf("newer_operator.pt", {"float32[N,8]"}));
  EXPECT_EQ(run.exit_code, 6) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "invalid_model");
  EXPECT_THAT(cell["message"].get<std::string>(), AllOf(HasSubstr("aten::operator_of_tomorrow,"),
                                                        HasSubstr("1.13"), HasSubstr("format 3")));
}

TEST_F(ModelFiles, AFileThatWasCutOffIsAnInvalidModel) {
  const std::string whole = *ReadFile(bench_->File("two_inputs.pt"));
  ASSERT_TRUE(WriteFileAtomically(bench_->File("cut.pt"), whole.substr(0, whole.size() / 2)).ok());
  const Finished run = bench_->Run(BenchOf("cut.pt", {"float32[N,8]", "float32[N,8]"}));
  EXPECT_EQ(run.exit_code, 6) << run.err;
  EXPECT_EQ(Only(run)["outcome"], "invalid_model");
}

TEST_F(ModelFiles, AFileNeedsADescriptionOfItsInputs) {
  const Finished run = bench_->Run(BenchOf("two_inputs.pt", {}));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--input"));
}

}  // namespace
}  // namespace edgebench
