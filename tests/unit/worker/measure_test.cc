#include "agent/worker/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/fake_runner.h"

namespace edgebench::worker {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

void IgnoreProgress(const v1::Progress&) {}

FakeScript Constant(absl::Duration duration) {
  FakeScript script;
  script.duration = [duration](int) { return duration; };
  return script;
}

// Every second inference takes three times as long: the interval stays wide.
FakeScript Alternating() {
  FakeScript script;
  script.duration = [](int call) { return absl::Milliseconds(call % 2 == 0 ? 10 : 30); };
  return script;
}

TEST(CheckPoints, GrowGeometricallyAndEndAtTheMaximum) {
  EXPECT_THAT(CheckPoints(16, 100), ElementsAre(16, 24, 36, 54, 81, 100));
}

TEST(CheckPoints, AreOneWhenTheMinimumIsTheMaximum) {
  EXPECT_THAT(CheckPoints(10, 10), ElementsAre(10));
}

TEST(CheckPoints, AreFewEvenForManySamples) { EXPECT_LE(CheckPoints(16, 50'000).size(), 22u); }

TEST(Measure, StopsAtTheFirstCheckPointWhenTheLatencyIsConstant) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Milliseconds(5)));
  MeasureOptions options;
  options.min_time = absl::Milliseconds(80);
  const auto measurement = Measure(runner, clock, options, IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(16));
  EXPECT_THAT(measurement->samples_ns, Each(5'000'000));
  EXPECT_TRUE(measurement->converged);
  EXPECT_EQ(measurement->relative_ci, 0.0);
}

TEST(Measure, TakesExactlyTheFixedNumberOfSamplesEvenBeyondTheTimeBudget) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Seconds(4)));
  MeasureOptions options;
  options.fixed_samples = 10;
  const auto measurement = Measure(runner, clock, options, IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(10));
  EXPECT_EQ(runner.calls(), 10);
}

TEST(Measure, LooksNoEarlierThanTheLeastTime) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Milliseconds(5)));
  const auto measurement = Measure(runner, clock, MeasureOptions(), IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(54)) << "16, 24 and 36 take less than 200 ms";
}

TEST(Measure, GoesOnUntilTheTimeIsOverWhereThatIsAskedFor) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Microseconds(100)));
  MeasureOptions options;
  options.until_max_time = true;
  const auto measurement = Measure(runner, clock, options, IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(100'000)) << "more than max_samples";
}

TEST(Measure, TakesOneSampleWhenOneIsAskedFor) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Milliseconds(1)));
  MeasureOptions options;
  options.fixed_samples = 1;
  const auto measurement = Measure(runner, clock, options, IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(1));
  EXPECT_FALSE(measurement->relative_ci.has_value());
}

TEST(Measure, EndsUnconvergedWhenTheBudgetIsSpent) {
  FakeClock clock;
  FakeRunner runner(clock, Alternating());
  const auto measurement = Measure(runner, clock, MeasureOptions(), IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(500));  // 10 s of 20 ms each
  EXPECT_FALSE(measurement->converged);
  EXPECT_GT(*measurement->relative_ci, 0.03);
}

TEST(Measure, IsNotConvergedBelowTheLeastNumberOfSamples) {
  FakeClock clock;
  FakeRunner runner(clock, Constant(absl::Seconds(1)));
  const auto measurement = Measure(runner, clock, MeasureOptions(), IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(10));
  EXPECT_EQ(measurement->relative_ci, 0.0);
  EXPECT_FALSE(measurement->converged);
}

TEST(Measure, ReportsProgressWhereItLooksAndEachSecond) {
  FakeClock clock;
  FakeRunner runner(clock, Alternating());  // 20 ms each on average
  std::vector<int> seen;
  MeasureOptions options;
  options.max_time = absl::Seconds(3);
  ASSERT_TRUE(Measure(runner, clock, options, [&](const v1::Progress& progress) {
                seen.push_back(progress.samples());
              }).ok());
  EXPECT_THAT(seen, ElementsAre(16, 24, 36, 54, 81, 121)) << "none of them a second apart";

  seen.clear();
  options.fixed_samples = 200;
  ASSERT_TRUE(Measure(runner, clock, options, [&](const v1::Progress& progress) {
                seen.push_back(progress.samples());
              }).ok());
  EXPECT_THAT(seen, ElementsAre(16, 24, 36, 54, 81, 121, 171, 182, 200))
      << "171 is a second after 121";
}

TEST(Measure, StopsAtTheLargestNumberOfSamples) {
  FakeClock clock;
  FakeRunner runner(clock, Alternating());
  MeasureOptions options;
  options.max_samples = 40;
  const auto measurement = Measure(runner, clock, options, IgnoreProgress);
  ASSERT_TRUE(measurement.ok());
  EXPECT_THAT(measurement->samples_ns, SizeIs(40));
}

TEST(Measure, AnswersTheFailureOfAnInference) {
  FakeClock clock;
  FakeScript script;
  script.failing_call = 7;
  script.failure = absl::ResourceExhaustedError("full");
  FakeRunner runner(clock, script);
  EXPECT_TRUE(
      absl::IsResourceExhausted(Measure(runner, clock, MeasureOptions(), IgnoreProgress).status()));
}

}  // namespace
}  // namespace edgebench::worker
