#include "agent/worker/server_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "agent/worker/fake_runner.h"

namespace edgebench::worker {
namespace {

using testing::Each;
using testing::Gt;
using testing::SizeIs;

TEST(AllowedOverruns, LeavesFivePercentDoubtAtMost) {
  // Sums of the binomial distribution: R's pbinom(2, 662, 0.01) is 0.0392, pbinom(3, ...) 0.1023.
  EXPECT_EQ(AllowedOverruns(662), 2);
  // pbinom(0, 299, 0.01) is 0.0495, and pbinom(0, 298, 0.01) 0.0500 and a bit more.
  EXPECT_EQ(AllowedOverruns(299), 0);
  EXPECT_FALSE(AllowedOverruns(298).has_value());
  EXPECT_EQ(AllowedOverruns(10'000), 83);
}

TEST(PoissonArrivals, ComeAtTheirRateInExponentialGaps) {
  const std::vector<int64_t> arrivals = PoissonArrivals(100, 100'000, 7);
  ASSERT_THAT(arrivals, SizeIs(100'000));
  std::vector<int64_t> gaps = {arrivals.front()};
  double squares = 0;
  for (size_t i = 1; i < arrivals.size(); ++i) gaps.push_back(arrivals[i] - arrivals[i - 1]);
  EXPECT_NEAR(static_cast<double>(arrivals.back()), 1000e9, 10e9) << "10 ms each";
  for (const int64_t gap : gaps)
    squares += (static_cast<double>(gap) - 1e7) * (static_cast<double>(gap) - 1e7);
  EXPECT_NEAR(std::sqrt(squares / 1e5), 1e7, 2e5) << "as large as the mean";
  EXPECT_THAT(gaps, Each(testing::Ge(0)));
}

TEST(PoissonArrivals, AreTheSameForTheSameSeed) {
  EXPECT_EQ(PoissonArrivals(5, 10, 1), PoissonArrivals(5, 10, 1));
  EXPECT_NE(PoissonArrivals(5, 10, 1), PoissonArrivals(5, 10, 2));
}

class FindServerRateTest : public testing::Test {
 protected:
  // One stream whose inferences take 10 ms each: it serves 100 a second at most.
  v1::ServerReport Find(absl::Duration bound, double first_rate,
                        absl::Duration max_time = absl::Hours(10)) {
    FakeScript script;
    script.duration = [](int) { return absl::Milliseconds(10); };
    FakeRunner runner(clock_, script);
    const auto streams = MakeStreams(runner, 1);
    ServerOptions options;
    options.latency_bound = bound;
    options.first_rate = first_rate;
    options.max_time = max_time;
    options.wait_until = [this](int64_t until_ns) {
      const int64_t left = until_ns - clock_.NowNanos();
      if (left > 0) clock_.Advance(absl::Nanoseconds(left));
    };
    const auto report = FindServerRate(*streams, clock_, options, [this](const auto&) { ++told_; });
    EXPECT_TRUE(report.ok()) << report.status();
    return *report;
  }

  FakeClock clock_;
  int told_ = 0;
};

TEST_F(FindServerRateTest, FindsTheRateFromBelowAndFromAbove) {
  // M/D/1 with a service time of 10 ms: the queue exceeds 40 ms of waiting in 1 % of cases at a
  // load of some 60 % (Erlang's formula for M/D/1).
  for (const double first : {1.0, 1000.0}) {
    const v1::ServerReport report = Find(absl::Milliseconds(50), first);
    ASSERT_TRUE(report.has_rate_per_second());
    EXPECT_GT(report.rate_per_second(), 35);
    EXPECT_LT(report.rate_per_second(), 75);
    EXPECT_LE(report.failing_rate_per_second() / report.rate_per_second(), 1.05);
  }
}

TEST_F(FindServerRateTest, KeepsEveryTrial) {
  const v1::ServerReport report = Find(absl::Milliseconds(50), 20);
  ASSERT_THAT(report.trials(), SizeIs(Gt(2)));
  EXPECT_EQ(told_, report.trials_size());
  EXPECT_EQ(report.latency_bound_ns(), 50'000'000);
  EXPECT_EQ(report.streams(), 1);
  for (const v1::ServerReport::Trial& trial : report.trials()) {
    if (trial.held()) {
      EXPECT_EQ(trial.queries(), 662);
      EXPECT_LE(trial.overruns(), 2);
      EXPECT_LE(trial.p99_ns(), 50'000'000);
    } else {
      EXPECT_EQ(trial.overruns(), 3) << "it ended when it could no longer hold";
    }
  }
}

TEST_F(FindServerRateTest, FindsNoneWhereOneInferenceTakesLongerThanTheBound) {
  const v1::ServerReport report = Find(absl::Milliseconds(9), 50);
  EXPECT_FALSE(report.has_rate_per_second());
  EXPECT_TRUE(report.has_failing_rate_per_second());
}

TEST_F(FindServerRateTest, BeginsNoTrialAfterItsTime) {
  const v1::ServerReport report = Find(absl::Milliseconds(50), 20, absl::Seconds(1));
  EXPECT_THAT(report.trials(), SizeIs(1));
}

}  // namespace
}  // namespace edgebench::worker
