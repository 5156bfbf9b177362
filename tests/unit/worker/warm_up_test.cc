#include "agent/worker/warm_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/fake_runner.h"

namespace edgebench::worker {
namespace {

using testing::SizeIs;

FakeScript Durations(std::function<absl::Duration(int)> duration) {
  FakeScript script;
  script.duration = std::move(duration);
  return script;
}

TEST(WarmUp, EndsAfterTwoWindowsWhenNothingChanges) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int) { return absl::Milliseconds(20); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->stable);
  EXPECT_THAT(report->samples_ns, SizeIs(10));
  EXPECT_EQ(report->last_change, 0.0);
}

TEST(WarmUp, GoesOnWhileTheLatencyFalls) {
  FakeClock clock;
  // Falls by 10 ms per call down to 20 ms, which the 18th call is the first to take.
  FakeRunner runner(
      clock, Durations([](int call) { return absl::Milliseconds(std::max(200 - 10 * call, 20)); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->stable);
  EXPECT_THAT(report->samples_ns, SizeIs(30));
}

TEST(WarmUp, LetsAWindowOfAFastModelLastItsTime) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int) { return absl::Milliseconds(1); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->samples_ns, SizeIs(100));  // two windows of 50 ms
}

TEST(WarmUp, MakesThreeCallsOfAModelThatIsSlowerThanTheBudget) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int) { return absl::Seconds(60); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->stable);
  EXPECT_THAT(report->samples_ns, SizeIs(3));
  EXPECT_FALSE(report->last_change.has_value());
}

TEST(WarmUp, EndsUnstableWhenTheLatencyNeverSettles) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int call) { return absl::Milliseconds(10 + call); }));
  WarmUpOptions options;
  options.tolerance = 0.001;
  const auto report = WarmUp(runner, clock, options);
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->stable);
  EXPECT_GT(*report->last_change, 0.001);
}

TEST(WarmUp, SeesAConstantLatencyOfEverySize) {
  for (const absl::Duration duration : {absl::Microseconds(1), absl::Microseconds(40),
                                        absl::Milliseconds(600), absl::Milliseconds(1240)}) {
    FakeClock clock;
    FakeRunner runner(clock, Durations([duration](int) { return duration; }));
    const auto report = WarmUp(runner, clock, WarmUpOptions());
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->stable) << duration;
    EXPECT_EQ(report->last_change, 0.0) << duration;
  }
}

TEST(WarmUp, SeesAConstantLatencyOfTenSecondsInALongMeasurement) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int) { return absl::Seconds(10); }));
  WarmUpOptions options;
  options.max_time = WarmUpTime(absl::Minutes(2));
  const auto report = WarmUp(runner, clock, options);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->stable);
  EXPECT_THAT(report->samples_ns, SizeIs(4));
}

TEST(WarmUp, ComparesNothingWhenTheCallsFillNoTwoWindows) {
  FakeClock clock;
  FakeRunner runner(clock, Durations([](int) { return absl::Seconds(10); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->stable);
  EXPECT_FALSE(report->last_change.has_value());
}

TEST(WarmUp, MayTakeHalfOfALongMeasurementAndAllOfAShortOne) {
  EXPECT_EQ(WarmUpTime(absl::Minutes(2)), absl::Minutes(1));
  EXPECT_EQ(WarmUpTime(absl::Seconds(10)), absl::Seconds(5));
  EXPECT_EQ(WarmUpTime(absl::Seconds(8)), absl::Seconds(5));
  EXPECT_EQ(WarmUpTime(absl::Seconds(2)), absl::Seconds(2));
}

TEST(WarmUp, EndsAtTheLargestNumberOfCalls) {
  FakeClock clock;
  // Doubles and halves from window to window, of which 500 calls are one.
  FakeRunner runner(
      clock, Durations([](int call) { return absl::Microseconds(call / 500 % 2 == 0 ? 1 : 2); }));
  const auto report = WarmUp(runner, clock, WarmUpOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->samples_ns, SizeIs(WarmUpOptions().max_calls));
}

TEST(WarmUp, AnswersTheFailureOfAnInference) {
  FakeClock clock;
  FakeScript script;
  script.failing_call = 1;
  script.failure = absl::InternalError("broken");
  FakeRunner runner(clock, script);
  EXPECT_EQ(WarmUp(runner, clock, WarmUpOptions()).status(), absl::InternalError("broken"));
}

}  // namespace
}  // namespace edgebench::worker
