#include "agent/telemetry/measuring_watch.h"

#include <gmock/gmock.h>

#include "agent/telemetry/device_channels.h"
#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

constexpr int kWorker = 42;

class MeasuringWatchTest : public ::testing::Test {
 protected:
  MeasuringWatchTest() {
    WriteRaspberryPi4(tree_);
    SetTicks(0, 0);
  }

  MeasuringWatch Watch(absl::Duration period) {
    return MeasuringWatch(
        kWorker, clock_,
        {tree_.root(), [this](pid_t pid) { return DeviceChannels(tree_.root(), pid); }, period});
  }

  // Of each of the four processors, and of the worker.
  void SetTicks(int busy, int worker) {
    tree_.WriteStat(4, {.user = busy, .idle = 10'000 + busy});
    tree_.WriteProcess(kWorker, {.user_ticks = worker, .cpus = "0-3"});
  }

  DeviceTree tree_;
  FakeClock clock_;
};

TEST_F(MeasuringWatchTest, AddsConditionsFromBeforeAndAfter) {
  MeasuringWatch watch = Watch(absl::Hours(1));
  watch.Enter(v1::STAGE_LOAD);
  watch.Enter(v1::STAGE_WARM_UP);
  tree_.Write("/sys/class/thermal/thermal_zone0/temp", "71000\n");
  watch.Enter(v1::STAGE_MEASURE);
  clock_.Advance(absl::Seconds(2));
  v1::JobResult result;
  watch.Conclude(result);
  EXPECT_DOUBLE_EQ(result.conditions_before().temperature_celsius(), 48.199);
  EXPECT_DOUBLE_EQ(result.conditions_after().temperature_celsius(), 71);
  EXPECT_TRUE(result.telemetry().has_measure_start_ns());
  EXPECT_GT(result.telemetry().channels_size(), 0);
}

TEST_F(MeasuringWatchTest, CountsWhatOthersUsedWhileMeasuring) {
  MeasuringWatch watch = Watch(absl::ZeroDuration());
  watch.Enter(v1::STAGE_WARM_UP);
  clock_.Advance(absl::Seconds(1));
  SetTicks(100, 0);  // all of it by others, before measuring
  watch.Enter(v1::STAGE_MEASURE);
  clock_.Advance(absl::Seconds(2));
  SetTicks(200, 350);
  v1::JobResult result;
  watch.Conclude(result);
  EXPECT_EQ(result.cpu_use().duration_ns(), 2'000'000'000);
  EXPECT_DOUBLE_EQ(result.cpu_use().others(), 0.25);
  EXPECT_FALSE(result.has_telemetry()) << "nothing is sampled";
}

TEST_F(MeasuringWatchTest, CountsTheWarmUpAsWellWhereMeasuringIsShort) {
  MeasuringWatch watch = Watch(absl::ZeroDuration());
  watch.Enter(v1::STAGE_WARM_UP);
  clock_.Advance(absl::Milliseconds(300));
  watch.Enter(v1::STAGE_MEASURE);
  clock_.Advance(absl::Milliseconds(200));
  SetTicks(50, 150);
  v1::JobResult result;
  watch.Conclude(result);
  EXPECT_EQ(result.cpu_use().duration_ns(), 500'000'000);
  EXPECT_DOUBLE_EQ(result.cpu_use().others(), 1);
}

TEST_F(MeasuringWatchTest, AddsNothingToAJobThatMeasuresNothing) {
  MeasuringWatch watch = Watch(absl::Milliseconds(1));
  watch.Enter(v1::STAGE_LOAD);
  watch.Enter(v1::STAGE_SAVE);
  v1::JobResult result;
  watch.Conclude(result);
  EXPECT_EQ(result.SerializeAsString(), "");
}

TEST(TelemetryPeriod, IsThatOfTheSettings) {
  v1::JobSettings settings;
  EXPECT_EQ(TelemetryPeriod(settings), absl::ZeroDuration());
  settings.set_telemetry_hz(10);
  EXPECT_EQ(TelemetryPeriod(settings), absl::Milliseconds(100));
}

}  // namespace
}  // namespace edgebench::agent
