#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/names.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(Cli, QuantizeWritesOneFileAndTakesOneEngine) {
  for (const char* engines : {"all", "onednn,qnnpack"}) {
    EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "--engine", engines, "-o",
                   folder_.File("out.pt")}),
              ExitCode::kUsage);
    EXPECT_THAT(err_, AllOf(HasSubstr("quantize writes one file; name one engine"),
                            HasSubstr("edgebench device show local")));
  }
}

TEST_F(Cli, CalibrationDataAreSentOnceAndToTheCellsThatUseThem) {
  const std::string data = folder_.File("dogs.pt");
  ASSERT_TRUE(WriteFileAtomically(data, "tensors").ok());
  std::vector<std::string> calibrations;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    calibrations.push_back(absl::StrCat(PrecisionName(settings.precision()), ": ",
                                        settings.calibration_name(), " ",
                                        ShortDigest(settings.calibration())));
    return MakeResult(settings, {1, 2, 3});
  });
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static,int8-qat", "--calibration",
                 data, "--processes", "1"}),
            ExitCode::kOk)
      << err_;
  const std::string digest = Sha256Hex("tensors").substr(0, 12);
  EXPECT_THAT(calibrations, ElementsAre("fp32:  ", "int8-static: dogs.pt " + digest,
                                        "int8-qat: dogs.pt " + digest));
  EXPECT_EQ(agent_.received_bytes(), 7);
}

TEST_F(Cli, AFolderOfCalibrationDataIsSentAsOneFileUnderItsName) {
  std::filesystem::create_directory(folder_.File("dogs"));
  ASSERT_TRUE(WriteFileAtomically(folder_.File("dogs/a.jpg"), "a picture").ok());
  std::vector<std::string> names;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    names.push_back(settings.calibration_name());
    return MakeResult(settings, {1, 2, 3});
  });
  const std::vector<std::string> bench = {
      "bench",       "resnet18",    "--processes",   "1",
      "--precision", "int8-static", "--calibration", folder_.File("dogs") + "/"};
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  const int64_t sent = agent_.received_bytes();
  EXPECT_GT(sent, 9);
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  EXPECT_EQ(agent_.received_bytes(), sent) << "the same folder is the same file";
  EXPECT_THAT(names, ElementsAre("dogs", "dogs"));
  std::filesystem::remove(folder_.File("dogs/a.jpg"));
  EXPECT_EQ(Run(bench), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--calibration: "));
}

TEST_F(Cli, CalibrationDataThatCannotBeReadAreAUsageError) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("empty.pt"), "").ok());
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "int8-static", "--calibration", "none.pt"}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("cannot read the calibration data"), HasSubstr("none.pt")));
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "int8-static", "--calibration",
                 folder_.File("empty.pt")}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("empty.pt is empty"));
}

TEST_F(Cli, AFlagThatNoPrecisionUsesIsRefusedAtOnce) {
  EXPECT_EQ(Run({"bench", "resnet18", "--qat-steps", "5"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--qat-steps is for int8-qat"));
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-dynamic", "--observer", "mse", "-o",
                 folder_.File("out.pt")}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--observer is for int8-static, int8-qat"));
}

TEST_F(Cli, QuantizeWritesTheFileAndNeverOverAnother) {
  const std::string content = "a quantized model";
  agent_.PutArtifact(content);
  agent_.SetScript([&](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.mutable_artifact()->set_sha256(Sha256Hex(content));
    result.mutable_artifact()->set_size_bytes(static_cast<int64_t>(content.size()));
    return result;
  });
  const std::string path = folder_.File("out.pt");
  std::ofstream(path) << "mine";
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path}),
            ExitCode::kUsage);
  EXPECT_EQ(*ReadFile(path), "mine");
  EXPECT_EQ(
      Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path, "--force", "--json"}),
      ExitCode::kOk);
  EXPECT_EQ(*ReadFile(path), content);
  for (const char* field : {"model", "precision", "engine", "duration_ns", "peak_rss_bytes",
                            "model_bytes", "digest", "parity", "coverage", "output"})
    EXPECT_TRUE(Json().contains(field)) << field;
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o",
                 folder_.File("none/out.pt")}),
            ExitCode::kUsage);
}

TEST_F(Cli, AQuantizedModelThatCouldNotBeWrittenIsFetchedElsewhere) {
  const std::string path = folder_.File("out.pt"), other = folder_.File("other.pt");
  agent_.PutArtifact("a model");
  agent_.SetScript([&](const v1::JobSettings& settings) {
    std::ofstream(path) << "mine";  // meanwhile
    v1::JobResult result = MakeResult(settings, {});
    result.mutable_artifact()->set_sha256(Sha256Hex("a model"));
    result.mutable_artifact()->set_size_bytes(7);
    return result;
  });
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path}),
            ExitCode::kUsage);
  const std::string id = agent_.any_job_id();
  EXPECT_EQ(err_,
            absl::StrCat("edgebench: local: ", path,
                         " exists already: move it away, or add --force or --output OTHER;"
                         " job ",
                         id, " has ended, its result stays there: edgebench job watch ", id, "\n"));
  EXPECT_EQ(Run({"job", "watch", id, "--output", other}), ExitCode::kOk) << err_;
  EXPECT_EQ(*ReadFile(other), "a model");
  EXPECT_EQ(*ReadFile(path), "mine");
}

}  // namespace
}  // namespace edgebench::controller
