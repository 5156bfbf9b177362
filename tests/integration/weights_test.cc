#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/digest.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// Files as PyTorch writes them, and one agent, made once.
class Weights : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    bench_ = std::make_unique<Workbench>();
    ASSERT_EQ(Python({"make", bench_->folder()}), 0)
        << "python3-torch and python3-torchvision are needed";
    agent_ = bench_->StartAgent();
    ASSERT_NE(agent_, nullptr);
  }
  static void TearDownTestSuite() {
    agent_.reset();
    bench_.reset();
  }

  static int Python(const std::vector<std::string>& arguments) {
    Subprocess::Options python;
    python.argv = {"/usr/bin/python3", EDGEBENCH_WEIGHTS_FILES};
    python.argv.insert(python.argv.end(), arguments.begin(), arguments.end());
    python.environment = {"PATH=/usr/bin:/bin", "HOME=" + bench_->folder(), "OMP_NUM_THREADS=1"};
    python.output_prefix = bench_->File("python");
    Subprocess process(python);
    const auto state = process.Wait(absl::Minutes(2));
    return state ? state->code : -1;
  }

  static Finished Bench(const std::string& weights, const std::vector<std::string>& more = {}) {
    std::vector<std::string> call = {"bench",        "mobilenet_v3_small",
                                     "--weights",    bench_->File(weights),
                                     "--image-size", "64",
                                     "--threads",    "1",
                                     "--k",          "3"};
    call.insert(call.end(), more.begin(), more.end());
    return bench_->Run(call);
  }

  // What a user reads of weights that no job can be done with.
  static std::string Failure(const std::string& weights,
                             const std::vector<std::string>& more = {}) {
    const Finished bench = Bench(weights, more);
    EXPECT_NE(bench.exit_code, 0);
    EXPECT_THAT(bench.out, HasSubstr("invalid_model"));
    return bench.out + bench.err;
  }

  static std::unique_ptr<Workbench> bench_;
  static std::unique_ptr<AgentProcess> agent_;
};

std::unique_ptr<Workbench> Weights::bench_;
std::unique_ptr<AgentProcess> Weights::agent_;

TEST_F(Weights, AreInTheFileThatQuantizeWrites) {
  const std::string output = bench_->File("out.pt");
  const Finished run = bench_->Run({"quantize", "mobilenet_v3_small", "--precision", "fp32",
                                    "--weights", bench_->File("whole.pth"), "-o", output});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("mobilenet_v3_small with whole.pth "));
  EXPECT_EQ(Python({"check", bench_->File("whole.pth"), output}), 0);
}

TEST_F(Weights, ThatAreWholeMakeParityOneOfAModelThatIsNotRandom) {
  const Finished bench = Bench("whole.pth", {"--precision", "int8-dynamic", "--json"});
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  const Json row = bench.Json()["measurements"][0];
  EXPECT_EQ(row["parity"]["random_weights"], false);
  EXPECT_EQ(row["weights"]["name"], "whole.pth");
  EXPECT_EQ(row["weights"]["sha256"], DigestFile(bench_->File("whole.pth"))->sha256());
  EXPECT_THAT(row["notes"].dump(), Not(HasSubstr("random")));
}

TEST_F(Weights, ThatDoNotFitAreListedByName) {
  EXPECT_THAT(Failure("tuned.pth"),
              AllOf(HasSubstr("1 tensor missing (classifier.0.bias)"),
                    HasSubstr("1 tensor surplus (aux.weight)"),
                    HasSubstr("classifier.3.weight is [7,1024] instead of [1000,1024]"),
                    HasSubstr("--allow-missing")));
}

TEST_F(Weights, ThatMayBeMissingStayRandomAndEveryOutputSaysSo) {
  const Finished bench = Bench("tuned.pth", {"--precision", "int8-dynamic", "--allow-missing"});
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  EXPECT_THAT(bench.out, AllOf(HasSubstr("not in tuned.pth, and random: classifier.0.bias"),
                               HasSubstr("some of the weights are random")));
  EXPECT_THAT(bench_->Run({"results"}).out, HasSubstr("some of the weights are random"));
}

TEST_F(Weights, OfOtherFormatsSayWhatToDo) {
  EXPECT_THAT(Failure("code.pth"), HasSubstr("nothing in a file is run"));
  EXPECT_THAT(Failure("old.pth"), HasSubstr("before version 1.6"));
  EXPECT_THAT(Failure("scripted.pt"), HasSubstr("is a TorchScript model"));
  EXPECT_THAT(Failure("half.pth"), HasSubstr("cut short"));
  EXPECT_THAT(Failure("nan.pth"), HasSubstr("tensor features.0.0.weight of nan.pth holds NaN"));
}

}  // namespace
}  // namespace edgebench
