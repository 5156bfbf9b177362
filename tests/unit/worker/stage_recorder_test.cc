#include "agent/worker/stage_recorder.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

class StageRecorderTest : public testing::Test {
 protected:
  void SetPeak(int kibibytes) {
    ASSERT_TRUE(proc_.WriteStatus("VmHWM:\t" + std::to_string(kibibytes) + " kB\n"));
  }

  FakeProc proc_;
  FakeClock clock_;
  ProcessMemory memory_{proc_.root()};
  StageRecorder stages_{clock_, memory_};
  v1::JobResult result_;
};

TEST_F(StageRecorderTest, ReportsTimeAndPeakOfEachStageInOrder) {
  ASSERT_TRUE(proc_.AllowReset());
  SetPeak(1);
  stages_.Enter(v1::STAGE_LOAD);
  clock_.Advance(absl::Milliseconds(3));
  SetPeak(900);
  stages_.Enter(v1::STAGE_MEASURE);
  clock_.Advance(absl::Milliseconds(5));
  SetPeak(400);
  stages_.Finish(result_);

  ASSERT_EQ(result_.stages_size(), 2);
  EXPECT_EQ(result_.stages(0).stage(), v1::STAGE_LOAD);
  EXPECT_EQ(result_.stages(0).duration_ns(), 3'000'000);
  EXPECT_EQ(result_.stages(0).peak_rss_bytes(), 900 * 1024);
  EXPECT_EQ(result_.stages(1).duration_ns(), 5'000'000);
  EXPECT_EQ(result_.stages(1).peak_rss_bytes(), 400 * 1024);
  EXPECT_EQ(result_.stage(), v1::STAGE_MEASURE);
}

TEST_F(StageRecorderTest, CountsTheMeasuringStagesForThePeakOfTheModel) {
  ASSERT_TRUE(proc_.AllowReset());
  stages_.Enter(v1::STAGE_QUANTIZE);
  SetPeak(900);
  stages_.Enter(v1::STAGE_WARM_UP);
  SetPeak(300);
  stages_.Enter(v1::STAGE_MEASURE);
  SetPeak(200);
  stages_.Finish(result_);
  EXPECT_EQ(result_.peak_rss_bytes(), 300 * 1024);
  EXPECT_EQ(result_.job_peak_rss_bytes(), 900 * 1024);
}

TEST_F(StageRecorderTest, TakesThePeakOfTheJobWhenNothingWasMeasured) {
  ASSERT_TRUE(proc_.AllowReset());
  stages_.Enter(v1::STAGE_LOAD);
  SetPeak(900);
  stages_.Enter(v1::STAGE_QUANTIZE);
  SetPeak(200);
  stages_.Finish(result_);
  EXPECT_EQ(result_.peak_rss_bytes(), 900 * 1024);
}

TEST_F(StageRecorderTest, LeavesStagePeaksUnsetWhereThePeakCannotBeReset) {
  SetPeak(900);
  stages_.Enter(v1::STAGE_MEASURE);
  stages_.Finish(result_);
  ASSERT_EQ(result_.stages_size(), 1);
  EXPECT_FALSE(result_.stages(0).has_peak_rss_bytes());
  EXPECT_EQ(result_.job_peak_rss_bytes(), 900 * 1024);
}

TEST_F(StageRecorderTest, LeavesEveryPeakUnsetWhereTheKernelTellsNone) {
  stages_.Enter(v1::STAGE_MEASURE);
  stages_.Finish(result_);
  EXPECT_FALSE(result_.has_peak_rss_bytes());
  EXPECT_FALSE(result_.has_job_peak_rss_bytes());
}

TEST_F(StageRecorderTest, AddsTheTimesOfAllThatMakesTheQuantizedModel) {
  stages_.Enter(v1::STAGE_LOAD);
  clock_.Advance(absl::Seconds(1));
  stages_.Enter(v1::STAGE_CALIBRATE);
  clock_.Advance(absl::Milliseconds(20));
  stages_.Enter(v1::STAGE_TRAIN);
  clock_.Advance(absl::Milliseconds(4000));
  stages_.Enter(v1::STAGE_QUANTIZE);
  clock_.Advance(absl::Milliseconds(300));
  stages_.Enter(v1::STAGE_CHECK);
  clock_.Advance(absl::Seconds(1));
  stages_.Enter(v1::STAGE_RANK);
  clock_.Advance(absl::Milliseconds(50'000));
  stages_.Enter(v1::STAGE_OPTIMIZE);
  clock_.Advance(absl::Seconds(1));
  stages_.Finish(result_);
  EXPECT_EQ(result_.quantize_duration_ns(), 54'320'000'000);
}

TEST_F(StageRecorderTest, CountsTheStartOfTheProcessToTheStartStageOnly) {
  StageRecorder stages(clock_, memory_, absl::Milliseconds(400));
  stages.Enter(v1::STAGE_START);
  clock_.Advance(absl::Milliseconds(1));
  stages.Enter(v1::STAGE_LOAD);
  clock_.Advance(absl::Milliseconds(2));
  stages.Finish(result_);
  ASSERT_EQ(result_.stages_size(), 2);
  EXPECT_EQ(result_.stages(0).duration_ns(), 401'000'000);
  EXPECT_EQ(result_.stages(1).duration_ns(), 2'000'000);
}

TEST_F(StageRecorderTest, HasNoTimeOfQuantizingWhenThatDidNotHappen) {
  stages_.Enter(v1::STAGE_LOAD);
  stages_.Finish(result_);
  EXPECT_FALSE(result_.has_quantize_duration_ns());
}

TEST_F(StageRecorderTest, ContinuesAStageThatIsEnteredAgain) {
  stages_.Enter(v1::STAGE_LOAD);
  clock_.Advance(absl::Milliseconds(1));
  stages_.Enter(v1::STAGE_LOAD);
  clock_.Advance(absl::Milliseconds(1));
  stages_.Finish(result_);
  ASSERT_EQ(result_.stages_size(), 1);
  EXPECT_EQ(result_.stages(0).duration_ns(), 2'000'000);
}

}  // namespace
}  // namespace edgebench::worker
