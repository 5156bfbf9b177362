#include "agent/worker/server_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "agent/worker/fake_runner.h"
#include "agent/worker/scenarios.h"
#include "common/proto_time.h"
#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
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

TEST_F(FindServerRateTest, EndsATrialWithItsTimeAndSaysNothingOfIt) {
  // 662 queries at 20 a second take some 33 s, and the next trial, at 30, some 22 s.
  EXPECT_THAT(Find(absl::Milliseconds(50), 20, absl::Seconds(1)).trials(), IsEmpty());
  EXPECT_EQ(told_, 0);
  EXPECT_LE(clock_.NowNanos(), 1'010'000'000) << "with the inference that was running";

  const v1::ServerReport report = Find(absl::Milliseconds(50), 20, absl::Seconds(45));
  ASSERT_THAT(report.trials(), SizeIs(1));
  EXPECT_EQ(report.trials(0).queries(), 662);
  EXPECT_EQ(report.rate_per_second(), 20);
  EXPECT_FALSE(report.has_failing_rate_per_second());
}

TEST_F(FindServerRateTest, KeepsATrialThatFailedBeforeTheTimeWasOver) {
  // Of all queries, 3 are late within a second or so.
  const v1::ServerReport report = Find(absl::Milliseconds(9), 20, absl::Seconds(1));
  ASSERT_THAT(report.trials(), SizeIs(Gt(0)));
  EXPECT_FALSE(report.trials(0).held());
  EXPECT_EQ(report.trials(0).overruns(), 3);
}

TEST_F(FindServerRateTest, FindsTheSameWithJustEnoughTimeAsWithMore) {
  const v1::ServerReport whole = Find(absl::Milliseconds(50), 20);
  const absl::Duration needed = absl::Nanoseconds(clock_.NowNanos());
  EXPECT_EQ(Find(absl::Milliseconds(50), 20, needed).DebugString(), whole.DebugString());
}

class NoObserver final : public JobObserver {
 public:
  void EnterStage(v1::Stage) override {}
  void Warn(const std::string&) override {}
  void ReportProgress(const v1::Progress&) override {}
  bool FinishRequested() override { return false; }
};

class ServerScenarioTest : public testing::Test {
 protected:
  // What is said against the rate of a model whose inferences take 10 ms, and the first three,
  // of which a warm-up of a second consists, as long as is given.
  std::vector<std::string> Reasons(absl::Duration bound, absl::Duration max_time,
                                   absl::Duration first = absl::Milliseconds(10)) {
    FakeScript script;
    script.duration = [&](int call) { return call < 3 ? first : absl::Milliseconds(10); };
    FakeRunner runner(clock_, script);
    v1::JobSettings settings;
    settings.set_scenario(v1::SCENARIO_SERVER);
    settings.set_streams(1);
    *settings.mutable_latency_bound() = ToProto(bound);
    *settings.mutable_max_time() = ToProto(max_time);
    NoObserver observer;
    const std::function<void(int64_t)> wait_until = [this](int64_t until_ns) {
      const int64_t left = until_ns - clock_.NowNanos();
      if (left > 0) clock_.Advance(absl::Nanoseconds(left));
    };
    v1::JobResult result;
    const absl::Status status =
        RunScenario({settings, runner, clock_, memory_, observer, wait_until}, result);
    EXPECT_TRUE(status.ok()) << status;
    const auto& reasons = result.validity().reasons();
    return {reasons.begin(), reasons.end()};
  }

  FakeProc proc_;
  FakeClock clock_;
  ProcessMemory memory_{proc_.root()};
};

TEST_F(ServerScenarioTest, SaysWhatAFirstTrialWouldHaveTaken) {
  EXPECT_THAT(Reasons(absl::Milliseconds(50), absl::Seconds(10), /*first=*/absl::Seconds(4)),
              Contains("unconverged: no trial ended within the time, as the 662 queries of the "
                       "first, at 0.125 per second, take some 1h28m16s; a longer --max-time leaves "
                       "time for several"));
  EXPECT_LT(clock_.NowNanos(), 23'000'000'000) << "12 s of warm-up, 10 s, and one inference";
}

TEST_F(ServerScenarioTest, AdvisesMoreTimeOnlyWhereItWasShort) {
  EXPECT_THAT(Reasons(absl::Milliseconds(100), absl::Minutes(10)), IsEmpty());
  EXPECT_THAT(Reasons(absl::Milliseconds(100), absl::Seconds(15)),
              ElementsAre("unconverged: 50 per second holds the bound, and more was not tried; a "
                          "longer --max-time tries it"));
  EXPECT_THAT(Reasons(absl::Milliseconds(9), absl::Milliseconds(200)),
              Contains(HasSubstr("no rate was found that holds the bound; the lowest of 1, 50 per "
                                 "second, does not; a longer --max-time tries lower ones")));
  EXPECT_THAT(Reasons(absl::Milliseconds(9), absl::Hours(1)),
              ElementsAre(AllOf(HasSubstr("no rate was found that holds the bound"),
                                Not(HasSubstr("--max-time")))));
}

}  // namespace
}  // namespace edgebench::worker
