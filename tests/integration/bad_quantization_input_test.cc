#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/quantization_workplace.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::AllOfArray;
using ::testing::HasSubstr;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::vector<std::string> kStatic = {"--precision", "int8-static"};

// After each of these the agent must serve as before.
class BadQuantizationInput : public QuantizationTest {
 protected:
  void TearDown() override {
    const Finished next = QuantizeImages("convolution.pt", File("good.pt"),
                                         {"--precision", "int8-weight-only", "--force"});
    EXPECT_EQ(next.exit_code, 0) << "the agent goes on serving: " << next.err;
    EXPECT_FALSE(agent().process().Wait(absl::ZeroDuration()).has_value());
  }

  // Exit code 6, the outcome, a message with all of the words, and no file.
  template <typename Words>
  static void ExpectFault(const Finished& run, const std::string& outcome, const Words& words) {
    EXPECT_EQ(run.exit_code, 6) << run.err;
    EXPECT_FALSE(fs::exists(File("bad.pt")));
    const Json document = run.Json();
    if (!document.is_object()) return;
    EXPECT_EQ(document["outcome"], outcome);
    EXPECT_EQ(document["digest"], nullptr);
    EXPECT_EQ(document["output"], nullptr);
    EXPECT_THAT(document["message"].get<std::string>(), words);
    EXPECT_THAT(run.err, words);
    EXPECT_THAT(run.err, HasSubstr("bad.pt was not written"));
  }

  template <typename Words>
  static void ExpectBadModel(const std::string& model, const Words& words) {
    ExpectFault(QuantizeImages(model, File("bad.pt"), kStatic), "invalid_model", words);
  }

  template <typename Words>
  static void ExpectBadCalibration(const std::string& data, const Words& words) {
    SCOPED_TRACE(data);
    std::vector<std::string> flags = kStatic;
    flags.insert(flags.end(), {"--calibration", Calibration(data)});
    ExpectFault(QuantizeImages("small.pt", File("bad.pt"), flags), "invalid_model",
                AllOf(HasSubstr(data), words));
  }
};

TEST_F(BadQuantizationInput, AFileThatIsNoTorchScript) {
  ExpectBadModel("text.pt", HasSubstr("text.pt is no TorchScript file"));
}

TEST_F(BadQuantizationInput, AModelWithoutForward) {
  ExpectBadModel("no_forward.pt", HasSubstr("no_forward.pt has no forward method"));
}

TEST_F(BadQuantizationInput, AModelThatIsQuantizedAlready) {
  ASSERT_EQ(QuantizeImages("small.pt", File("once.pt"), kStatic).exit_code, 0);
  ExpectBadModel("once.pt", HasSubstr("already quantized (int8-static)"));
}

TEST_F(BadQuantizationInput, AWeightThatIsNoNumberIsNamed) {
  ExpectBadModel("nan_weight.pt", AllOf(HasSubstr("classifier.0.weight"), HasSubstr("NaN")));
}

TEST_F(BadQuantizationInput, CalibrationDataThatDoNotFitTheModel) {
  ExpectBadCalibration("wrong_shape.pt", AllOf(HasSubstr("float32[4,3,16,32]"),
                                               HasSubstr("x wants float32[N,3,32,32]")));
  ExpectBadCalibration("complex.pt", HasSubstr("ComplexFloatStorage"));
  ExpectBadCalibration("empty.pt", HasSubstr("one sample or more"));
  ExpectBadCalibration("nan.pt", HasSubstr("tensor 0 holds NaN"));
}

TEST_F(BadQuantizationInput, CalibrationDataThatAreNotThereOrNoData) {
  const Finished missing =
      QuantizeImages("small.pt", File("bad.pt"),
                     {"--precision", "int8-static", "--calibration", Calibration("nowhere.pt")});
  EXPECT_EQ(missing.exit_code, 2) << missing.err;
  EXPECT_THAT(missing.err, HasSubstr("nowhere.pt"));
  fs::create_directory(Calibration("empty-folder"));
  const Finished empty =
      QuantizeImages("small.pt", File("bad.pt"),
                     {"--precision", "int8-static", "--calibration", Calibration("empty-folder")});
  EXPECT_EQ(empty.exit_code, 2) << empty.err;
  EXPECT_THAT(empty.err, HasSubstr("empty-folder"));
}

TEST_F(BadQuantizationInput, AnEngineThatNobodyKnowsIsAMistakeOfTheCall) {
  const Finished run = QuantizeImages("small.pt", File("bad.pt"),
                                      {"--precision", "int8-static", "--engine", "qnnpck"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("qnnpck"), HasSubstr("onednn")));
}

// Debian's LibTorch is built without FBGEMM.
TEST_F(BadQuantizationInput, AnEngineThatThisLibTorchLacksIsNamedWithThoseItHas) {
  std::vector<::testing::Matcher<std::string>> names = {HasSubstr("fbgemm")};
  for (const std::string& engine : EnginesOfDevice()) names.push_back(HasSubstr(engine));
  ExpectFault(QuantizeImages("small.pt", File("bad.pt"),
                             {"--precision", "int8-static", "--engine", "fbgemm"}),
              "unsupported", AllOfArray(names));
}

TEST_F(BadQuantizationInput, AnUnknownNameToKeepIsAnsweredWithThoseThereAre) {
  ExpectFault(QuantizeImages("small.pt", File("bad.pt"),
                             {"--precision", "int8-static", "--keep", "fp32:feature.0"}),
              "invalid_model",
              AllOf(HasSubstr("\"feature.0\""), HasSubstr("Did you mean features.0"),
                    HasSubstr("classifier.2")));
}

TEST_F(BadQuantizationInput, ControlFlowIsNone) {
  for (const char* const precision : {"int8-dynamic", "int8-static", "int8-weight-only"}) {
    SCOPED_TRACE(precision);
    const Finished run =
        bench().Run({"quantize", File("branches.pt"), "--input", "float32[4,8]", "--precision",
                     precision, "-o", File(std::string(precision) + ".pt"), "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json document = run.Json();
    // Four rounds of the loop, and the branch.
    EXPECT_EQ(document["coverage"]["covered_ops"], 5);
    EXPECT_GT(document["parity"]["sqnr_db"].get<double>(), 25.0);
  }
}

class KilledWhileItQuantizes : public BadQuantizationInput {
 protected:
  // What the agent keeps and what stands where the file is to be written.
  static std::set<std::string> FilesLeft() {
    std::set<std::string> files;
    for (const std::string& folder : {bench().LocalData() + "/artifacts", File("out")}) {
      std::error_code gone;  // a file may go while it is looked at
      for (fs::recursive_directory_iterator entry(folder, gone), end; entry != end;
           entry.increment(gone)) {
        if (entry->is_regular_file(gone)) files.insert(entry->path());
      }
    }
    return files;
  }

  void SetUp() override {
    BadQuantizationInput::SetUp();
    fs::create_directory(File("out"));
    // So that the agent has the model.
    const Finished once =
        QuantizeImages("small.pt", File("before.pt"), {"--precision", "int8-static", "--force"});
    ASSERT_EQ(once.exit_code, 0) << once.err;
  }

  static void ExpectNothingOf(const Finished& run, const std::set<std::string>& before) {
    EXPECT_EQ(run.exit_code, 5) << run.err;
    EXPECT_EQ(run.Json()["outcome"], "oom") << "so the kernel's killer shows as well";
    EXPECT_THAT(run.err, HasSubstr("half.pt was not written"));
    EXPECT_EQ(FilesLeft(), before);
  }
};

TEST_F(KilledWhileItQuantizes, LeavesNoFileOfATraining) {
  const std::set<std::string> before = FilesLeft();
  Subprocess training = bench().Start(CallFor(
      "small.pt", File("out/half.pt"), {"--precision", "int8-qat", "--qat-steps", "100000"}));
  ASSERT_TRUE(bench().WaitForNewestJob("running")) << training.errors();
  const std::string id = bench().Ask("SELECT id FROM job ORDER BY sequence DESC LIMIT 1");
  Subprocess watch = bench().Start({"job", "watch", id}, /*on_terminal=*/true);
  ASSERT_TRUE(watch.WaitForText("loss", absl::Minutes(1))) << watch.output();
  const pid_t worker = agent().WaitForWorker(absl::Seconds(30));
  ASSERT_GT(worker, 0);
  kill(worker, SIGKILL);
  ExpectNothingOf(Finish(training), before);
}

TEST_F(KilledWhileItQuantizes, LeavesNothingOfAFileThatItHadBegunToWrite) {
  const std::set<std::string> before = FilesLeft();
  Subprocess saving = bench().Start({"quantize", "resnet18", "--image-size", "32", "--precision",
                                     "fp16", "--json", "-o", File("out/half.pt")});
  // Writing takes long enough to be stopped at the first sight of the file.
  const bool begun =
      Eventually(absl::Minutes(1), [&] { return FilesLeft().size() > before.size(); });
  const pid_t worker = agent().WaitForWorker(absl::Seconds(30));
  ASSERT_GT(worker, 0);
  kill(worker, SIGSTOP);
  EXPECT_TRUE(begun) << saving.errors();
  kill(worker, SIGKILL);
  ExpectNothingOf(Finish(saving), before);
}

}  // namespace
}  // namespace edgebench
