#include "agent/power/job_energy.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "common/proto_time.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPeriod = absl::Milliseconds(10);

// Says the watts that it is told, and lets time pass: 10 ms with each reading.
class FakeSource final : public PowerSource {
 public:
  FakeSource(const std::atomic<double>& watts, FakeClock& clock)
      : PowerSource(Info()), watts_(watts), clock_(clock) {}

  PowerSample Read(int64_t now_nanos) override {
    const double watts = watts_;
    clock_.Advance(kPeriod);
    return {now_nanos, {watts}};
  }

 private:
  static PowerSourceInfo Info() {
    PowerSourceInfo info;
    info.name = "fake:meter";
    info.notes = {"fake"};
    PowerRail rail;
    rail.name = "meter";
    rail.counted = true;
    info.rails.push_back(rail);
    info.period = kPeriod;
    return info;
  }
  const std::atomic<double>& watts_;
  FakeClock& clock_;
};

class JobEnergyTest : public ::testing::Test {
 protected:
  JobPower Power(absl::Duration idle = absl::Milliseconds(500)) {
    return {[this](const std::string& target) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
              opened_for_ = target;
              return std::make_unique<FakeSource>(watts_, clock_);
            },
            idle};
  }
  // Lets the recorder read, which makes the clock go on.
  static bool Wait(absl::Duration) {
    std::this_thread::yield();
    return true;
  }
  void PassTime(absl::Duration time) {
    const int64_t until = clock_.NowNanos() + absl::ToInt64Nanoseconds(time);
    const absl::Time latest = absl::Now() + absl::Seconds(30);
    while (clock_.NowNanos() < until && absl::Now() < latest) std::this_thread::yield();
  }
  void Work(JobEnergy& energy) {
    energy.Enter(v1::STAGE_WARM_UP);
    clock_.Advance(absl::Seconds(5));
    watts_ = 6;
    energy.Enter(v1::STAGE_MEASURE);
    if (!opened_for_.empty()) PassTime(absl::Seconds(1));
    energy.End();
    watts_ = 2;
  }
  static v1::JobResult Result(int inferences) {
    v1::JobResult result;
    result.set_outcome(v1::OUTCOME_OK);
    for (int i = 0; i < inferences; ++i) result.mutable_latency()->add_measured_ns(1'000'000);
    return result;
  }

  std::atomic<double> watts_ = 2;
  std::string opened_for_;
  FakeClock clock_;
};

TEST_F(JobEnergyTest, MeasuresTheIdleDeviceAndThenTheWork) {
  JobEnergy energy(Power(), "cuda:1", clock_);
  EXPECT_EQ(opened_for_, "cuda:1");
  energy.MeasureIdle(Wait);
  Work(energy);
  const v1::Energy measured = energy.Of(Result(50));
  EXPECT_EQ(measured.reason(), "");
  EXPECT_EQ(measured.source(), "fake:meter");
  EXPECT_NEAR(measured.idle_watts(), 2, 1e-9);
  EXPECT_NEAR(measured.mean_watts(), 6, 1e-9);
  EXPECT_EQ(measured.inferences(), 50);
  EXPECT_NEAR(measured.joules_per_inference(), measured.joules_net() / 50, 1e-12);
  EXPECT_NEAR(measured.joules_net() / measured.joules_gross(), 4.0 / 6, 1e-9);
  EXPECT_GE(measured.joules_gross(), 6 - 1e-9) << "a second of 6 watts, or more";
  EXPECT_TRUE(measured.has_window_start_time() && measured.has_window_end_time());
  EXPECT_EQ(measured.notes(0), "fake");
  EXPECT_THAT(measured.notes(1), HasSubstr("% of the time whose energy this is"));
}

TEST_F(JobEnergyTest, SaysWhenItMeasuredAlsoWithoutASource) {
  const JobPower none = {[](const std::string&) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
                           return absl::NotFoundError("there is no sensor");
                         },
                         absl::Seconds(2)};
  JobEnergy energy(none, "cpu", clock_);
  energy.MeasureIdle(Wait);
  const absl::Time before = clock_.WallNow();
  Work(energy);
  const v1::Energy measured = energy.Of(Result(50));
  EXPECT_EQ(measured.reason(), "there is no sensor");
  EXPECT_EQ(FromProto(measured.window_start_time()), before + absl::Seconds(5));
  EXPECT_EQ(FromProto(measured.window_end_time()), clock_.WallNow());
  EXPECT_FALSE(measured.has_joules_gross());
}

TEST_F(JobEnergyTest, CountsTheLastAttempt) {
  JobEnergy energy(Power(), "cpu", clock_);
  energy.MeasureIdle(Wait);
  watts_ = 100;
  energy.Enter(v1::STAGE_MEASURE);
  energy.Enter(v1::STAGE_LOAD);
  Work(energy);
  EXPECT_NEAR(energy.Of(Result(1)).peak_watts(), 6, 1e-9);
}

TEST_F(JobEnergyTest, GivesUpTheIdlePhaseOfAJobThatIsToEnd) {
  JobEnergy energy(Power(absl::Hours(1)), "cpu", clock_);
  energy.MeasureIdle([](absl::Duration) { return false; });
  Work(energy);
  const v1::Energy measured = energy.Of(Result(1));
  EXPECT_TRUE(measured.has_joules_gross());
  EXPECT_FALSE(measured.has_joules_net());
}

TEST_F(JobEnergyTest, DoesWithoutAnIdlePhase) {
  JobEnergy energy(Power(absl::ZeroDuration()), "cpu", clock_);
  energy.MeasureIdle([](absl::Duration) -> bool {
    ADD_FAILURE();
    return false;
  });
  Work(energy);
  EXPECT_THAT(energy.Of(Result(1)).reason(), HasSubstr("--power-idle 0"));
}

TEST_F(JobEnergyTest, SaysWhyThereIsNoSource) {
  const JobPower none = {[](const std::string&) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
                           return absl::NotFoundError("turned off with --power none");
                         },
                         absl::Seconds(2)};
  JobEnergy energy(none, "cpu", clock_);
  energy.MeasureIdle([](absl::Duration) -> bool {
    ADD_FAILURE();
    return false;
  });
  Work(energy);
  const v1::Energy measured = energy.Of(Result(3));
  EXPECT_EQ(measured.source(), "");
  EXPECT_EQ(measured.reason(), "turned off with --power none");
  EXPECT_FALSE(measured.has_joules_gross() || measured.has_joules_per_inference());
}

TEST_F(JobEnergyTest, SaysThatAJobDidNotMeasure) {
  JobEnergy energy(Power(), "cpu", clock_);
  energy.MeasureIdle(Wait);
  energy.Enter(v1::STAGE_LOAD);
  energy.End();
  EXPECT_EQ(energy.Of(Result(0)).reason(), "the job did not measure");
}

}  // namespace
}  // namespace edgebench::agent
