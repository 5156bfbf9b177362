#include "agent/power/power_recorder.h"

#include <gmock/gmock.h>

#include "absl/synchronization/notification.h"

namespace edgebench::agent {
namespace {

// Tells when it has been read so often, and counts up.
class CountingSource final : public PowerSource {
 public:
  explicit CountingSource(int enough) : PowerSource(Info()), enough_(enough) {}

  PowerSample Read(int64_t now_nanos) override {
    ++reads_;
    if (reads_ == enough_) read_enough_.Notify();
    return {now_nanos, {static_cast<double>(reads_)}};
  }
  bool AwaitEnough() { return read_enough_.WaitForNotificationWithTimeout(absl::Seconds(30)); }
  int reads() const { return reads_; }

 private:
  static PowerSourceInfo Info() {
    PowerSourceInfo info;
    info.name = "counting";
    info.rails.emplace_back();
    info.period = absl::Microseconds(200);
    return info;
  }
  const int enough_;
  int reads_ = 0;
  absl::Notification read_enough_;
};

TEST(PowerRecorder, ReadsUntilItIsFinishedAndOnceMore) {
  RealClock clock;
  CountingSource source(5);
  PowerRecorder recorder(source, clock);
  ASSERT_TRUE(source.AwaitEnough());
  const std::vector<PowerSample> samples = recorder.Finish();
  ASSERT_EQ(static_cast<int>(samples.size()), source.reads());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].values[0], static_cast<double>(i + 1));
    EXPECT_GE(samples[i].time_nanos, samples[i == 0 ? 0 : i - 1].time_nanos);
  }
}

TEST(PowerRecorder, ThinsOutWhatBecomesTooMuch) {
  RealClock clock;
  CountingSource source(20);
  PowerRecorder recorder(source, clock, 8);
  ASSERT_TRUE(source.AwaitEnough());
  const std::vector<PowerSample> samples = recorder.Finish();
  EXPECT_LE(samples.size(), 8u);
  EXPECT_EQ(samples.front().values[0], 1);
  EXPECT_EQ(samples.back().values[0], static_cast<double>(source.reads()));
  for (size_t i = 1; i < samples.size(); ++i) {
    EXPECT_GT(samples[i].values[0], samples[i - 1].values[0]);
  }
}

TEST(PowerRecorder, EndsWithoutBeingFinished) {
  RealClock clock;
  CountingSource source(1);
  { const PowerRecorder recorder(source, clock); }
  EXPECT_GE(source.reads(), 1);
}

}  // namespace
}  // namespace edgebench::agent
