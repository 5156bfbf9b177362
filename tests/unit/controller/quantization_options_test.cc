#include "controller/quantization_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "controller/job_options.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the words of a command line make of the settings.
absl::StatusOr<v1::JobSettings> Parse(const std::string& words) {
  CLI::App app;
  QuantizationOptions options;
  AddQuantizationFlags(app, options);
  app.parse(words);
  v1::JobSettings settings;
  const absl::Status status = ApplyQuantization(options, settings);
  if (!status.ok()) return status;
  return settings;
}

TEST(QuantizationOptions, ReachTheSettings) {
  const auto settings = Parse(
      "--observer mse --weight-scheme per-tensor --embeddings int8 --min-sqnr 22.5 --sensitivity "
      "--calibration-batches 8 --image-resize 232 --image-mean 0.5,0.25,0 --image-std=1,2,3 "
      "--qat-steps 40 --learning-rate 1e-4 --optimizer sgd");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->observer(), "mse");
  EXPECT_EQ(settings->weight_scheme(), "per-tensor");
  EXPECT_TRUE(settings->quantize_embeddings());
  EXPECT_EQ(settings->min_sqnr_db(), 22.5);
  EXPECT_TRUE(settings->sensitivity());
  EXPECT_EQ(settings->calibration_batches(), 8);
  EXPECT_EQ(settings->image_preprocessing().resize_shorter_side(), 232);
  EXPECT_THAT(settings->image_preprocessing().mean(), ElementsAre(0.5, 0.25, 0));
  EXPECT_THAT(settings->image_preprocessing().std(), ElementsAre(1, 2, 3));
  EXPECT_EQ(settings->training().steps(), 40);
  EXPECT_EQ(settings->training().learning_rate(), 1e-4);
  EXPECT_EQ(settings->training().optimizer(), "sgd");
}

TEST(QuantizationOptions, LeaveEverythingToTheAgentWhenNothingIsSaid) {
  EXPECT_EQ(Parse("")->ByteSizeLong(), 0u);
}

TEST(QuantizationOptions, KeepIsAListByCommaAndByRepetition) {
  EXPECT_THAT(Parse("--keep fp32:fc,features.0.* --keep fp32:conv1,fp32:conv2")->keep_fp32(),
              ElementsAre("fc", "features.0.*", "conv1", "conv2"));
}

struct Refused {
  const char* words;
  const char* message;  // a part of it
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.words; }

class QuantizationOptionsRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(QuantizationOptionsRefusal, NamesTheFlagAndWhatItAccepts) {
  const auto settings = Parse(GetParam().words);
  EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(settings.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, QuantizationOptionsRefusal,
    ::testing::Values(Refused{"--observer histgram",
                              "--observer: 'histgram' is none of min-max, moving-average, "
                              "histogram, percentile, mse. Did you mean histogram?"},
                      Refused{"--weight-scheme per-row",
                              "--weight-scheme: 'per-row' is none of per-channel"},
                      Refused{"--embeddings int4", "--embeddings: 'int4' is none of int8, fp32"},
                      Refused{"--optimizer adan", "Did you mean adam?"},
                      Refused{"--keep fc", "--keep: 'fc' does not begin with fp32:"},
                      Refused{"--keep fp16:fc", "does not begin with fp32:"},
                      Refused{"--keep fp32:", "--keep: 'fp32:' has an empty name"},
                      Refused{"--keep fp32:a,,b", "has an empty name"},
                      Refused{"--image-mean 0.5", "--image-mean: '0.5' is not three numbers"},
                      Refused{"--image-std 1,2,x", "--image-std: '1,2,x' is not three numbers"},
                      Refused{"--image-std 1,2,3,4", "is not three numbers"}));

TEST(QuantizationOptions, OfAnotherPrecisionAreRefusedByName) {
  QuantizationOptions options;
  options.qat_steps = 5;
  const absl::Status status = CheckUseOf(options, {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC});
  EXPECT_EQ(status.message(),
            "--qat-steps is for int8-qat, and has no use with --precision fp32,int8-static");
  EXPECT_TRUE(CheckUseOf(options, {v1::PRECISION_FP32, v1::PRECISION_INT8_QAT}).ok());
  options = {};
  options.observer = "mse";
  EXPECT_FALSE(CheckUseOf(options, {v1::PRECISION_INT8_DYNAMIC}).ok());
  EXPECT_TRUE(CheckUseOf({}, {v1::PRECISION_FP32}).ok());
}

TEST(QuantizationOptions, AreNotSentToAnAgentThatWouldPassOverThem) {
  v1::Capabilities older;
  older.set_api_major(1);
  v1::Capabilities present = older;
  present.set_api_minor(1);
  const v1::JobSettings settings = *Parse("--keep fp32:fc");
  const absl::Status status = CheckAgentKnows("pi", older, settings);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("update edgebench-agent there"));
  EXPECT_TRUE(CheckAgentKnows("pi", present, settings).ok());
  EXPECT_TRUE(CheckAgentKnows("pi", older, {}).ok());
}

TEST(QuantizationOptions, WeightsAreNotSentToAnAgentThatWouldRunWithRandomOnes) {
  v1::Capabilities older;
  older.set_api_major(1);
  older.set_api_minor(1);
  v1::Capabilities present = older;
  present.set_api_minor(2);
  v1::JobSettings settings;
  settings.mutable_weights()->set_sha256("abc");
  const absl::Status status = CheckAgentKnows("pi", older, settings);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("older than --weights"));
  EXPECT_TRUE(CheckAgentKnows("pi", present, settings).ok());
}

TEST(QuantizationOptions, OfOtherPrecisionsAreNotInACell) {
  v1::JobSettings all = *Parse(
      "--observer mse --embeddings int8 --keep fp32:fc --min-sqnr 20 --image-resize 9 "
      "--qat-steps 7");
  all.set_precision(v1::PRECISION_FP32);
  ClearWhatIsOfOthers(all);
  all.clear_precision();
  EXPECT_EQ(all.ByteSizeLong(), 0u) << all.ShortDebugString();
}

}  // namespace
}  // namespace edgebench::controller
