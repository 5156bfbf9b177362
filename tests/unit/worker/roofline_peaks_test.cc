#include "agent/worker/torch/roofline_peaks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Gt;
using ::testing::SizeIs;
using Peaks = v1::RooflinePeaks;

class SilentObserver final : public JobObserver {
 public:
  void EnterStage(v1::Stage) override {}
  void Warn(const std::string&) override {}
  void ReportProgress(const v1::Progress&) override {}
  bool FinishRequested() override { return false; }
};

v1::JobSettings Settings() {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_ROOFLINE);
  settings.set_target("cpu");
  settings.set_threads(2);
  settings.set_engine("auto");
  settings.set_memory_limit_bytes(int64_t{256} << 20);
  return settings;
}

TEST(RooflinePeaks, MeasuresEachRateWithOneThreadAndWithAll) {
  RealClock clock;
  SilentObserver observer;
  v1::JobResult result;
  const absl::Status status = MeasureRooflinePeaks(Settings(), clock, observer, result);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(result.threads(), 2);
  EXPECT_NE(result.engine(), "");
  std::set<std::tuple<int, int>> measured;
  for (const Peaks::Peak& peak : result.peaks().peaks()) {
    measured.emplace(peak.quantity(), peak.threads());
    EXPECT_THAT(peak.per_second(), AllOf(SizeIs(15), Each(Gt(1e6)))) << peak.workload();
    EXPECT_NE(peak.workload(), "");
  }
  EXPECT_EQ(measured, (std::set<std::tuple<int, int>>{{Peaks::QUANTITY_FP32, 1},
                                                      {Peaks::QUANTITY_FP32, 2},
                                                      {Peaks::QUANTITY_INT8, 1},
                                                      {Peaks::QUANTITY_INT8, 2},
                                                      {Peaks::QUANTITY_BANDWIDTH, 1},
                                                      {Peaks::QUANTITY_BANDWIDTH, 2}}));
}

TEST(RooflinePeaks, AreThoseOfTheCpuAndOfAnEngineThatIsThere) {
  RealClock clock;
  SilentObserver observer;
  v1::JobResult result;
  v1::JobSettings settings = Settings();
  settings.set_engine("none such");
  EXPECT_EQ(MeasureRooflinePeaks(settings, clock, observer, result).code(),
            absl::StatusCode::kUnimplemented);
  settings = Settings();
  settings.set_target("cuda:0");
  EXPECT_EQ(MeasureRooflinePeaks(settings, clock, observer, result).code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace edgebench::worker
