#include "common/job_result.h"

#include <gtest/gtest.h>

#include <optional>

namespace edgebench {
namespace {

TEST(PrecisionOf, IsThatOfWhatRanAndElseWhatWasAskedFor) {
  v1::JobResult result;
  result.mutable_settings()->set_precision(v1::PRECISION_AS_STORED);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_AS_STORED);
  result.set_precision(v1::PRECISION_INT8_STATIC);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_INT8_STATIC);
}

TEST(ThreadsOf, AreThoseOfWhatRanAndElseThoseAskedFor) {
  v1::JobResult result;
  EXPECT_EQ(ThreadsOf(result), std::nullopt);
  result.mutable_settings()->set_threads(4);
  EXPECT_EQ(ThreadsOf(result), 4);
  result.set_threads(2);
  EXPECT_EQ(ThreadsOf(result), 2);
}

void AddStage(v1::JobResult& result, v1::Stage stage, int64_t peak) {
  v1::StageReport& report = *result.add_stages();
  report.set_stage(stage);
  if (peak > 0) report.set_peak_rss_bytes(peak);
}

TEST(ModelMemory, IsWhatMeasuringTookBeyondLibTorch) {
  v1::JobResult result;
  AddStage(result, v1::STAGE_START, 170);
  AddStage(result, v1::STAGE_CALIBRATE, 900);
  EXPECT_EQ(ModelMemoryBytes(result), std::nullopt) << "it was not measured";
  AddStage(result, v1::STAGE_WARM_UP, 250);
  AddStage(result, v1::STAGE_MEASURE, 240);
  EXPECT_EQ(ModelMemoryBytes(result), 80);
}

TEST(ModelMemory, IsUnknownWithoutPeaksOfStages) {
  v1::JobResult result;
  AddStage(result, v1::STAGE_START, 0);
  AddStage(result, v1::STAGE_MEASURE, 240);
  EXPECT_EQ(ModelMemoryBytes(result), std::nullopt);
}

}  // namespace
}  // namespace edgebench
