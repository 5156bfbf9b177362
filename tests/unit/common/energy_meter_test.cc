#include "common/energy_meter.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;
// As the recorder samples: 10 Hz, 2 s idle, then work until 12 s.
constexpr int64_t kPeriod = kSecond / 10;
constexpr TimeWindow kIdle{0, 2 * kSecond};
constexpr TimeWindow kWork{2 * kSecond, 12 * kSecond};

PowerRail Watts(const std::string& name, bool counted = true) {
  PowerRail rail;
  rail.name = name;
  rail.counted = counted;
  return rail;
}

PowerRail Counter(const std::string& name, double wraps_at_joules, bool counted = true) {
  PowerRail rail = Watts(name, counted);
  rail.quantity = PowerRail::Quantity::kJoules;
  rail.wraps_at_joules = wraps_at_joules;
  return rail;
}

using ValueAt = std::function<std::optional<double>(double seconds)>;

PowerTrace Trace(std::vector<PowerRail> rails, const std::vector<ValueAt>& values,
                 double until_seconds = 12.1) {
  PowerTrace trace;
  trace.source = "test";
  trace.rails = std::move(rails);
  for (int64_t time = -kPeriod; static_cast<double>(time) < until_seconds * 1e9; time += kPeriod) {
    PowerSample sample;
    sample.time_nanos = time;
    for (const ValueAt& value : values)
      sample.values.push_back(value(static_cast<double>(time) / 1e9));
    trace.samples.push_back(sample);
  }
  return trace;
}

// 2 W idle and 6 W at work, from the moment the idle phase ends.
double Step(double seconds) { return seconds < 2.0 ? 2 : 6; }
// What a counter shows of that.
double StepJoules(double seconds) { return seconds < 2.0 ? 2 * seconds : 4 + 6 * (seconds - 2); }

TEST(EnergyMeter, SubtractsWhatTheDeviceUsesIdle) {
  const v1::Energy energy = MeasureEnergy(
      Trace({Counter("package-0", 0)}, {[](double s) { return 100 + StepJoules(s); }}), kIdle,
      kWork, 500);
  EXPECT_EQ(energy.source(), "test");
  EXPECT_NEAR(energy.joules_gross(), 60, 1e-9);
  EXPECT_NEAR(energy.idle_watts(), 2, 1e-9);
  EXPECT_NEAR(energy.joules_net(), 40, 1e-9);
  EXPECT_NEAR(energy.mean_watts(), 6, 1e-9);
  EXPECT_NEAR(energy.peak_watts(), 6, 1e-6);
  EXPECT_EQ(energy.inferences(), 500);
  EXPECT_NEAR(energy.joules_per_inference(), 0.08, 1e-12);
  EXPECT_EQ(energy.reason(), "");
  ASSERT_EQ(energy.rails_size(), 1);
  EXPECT_NEAR(energy.rails(0).watts_mean(), 6, 1e-9);
  EXPECT_NEAR(energy.rails(0).idle_watts(), 2, 1e-9);
  EXPECT_TRUE(energy.rails(0).counted());
}

TEST(EnergyMeter, IntegratesPowerByTheTrapezoidalRule) {
  const v1::Energy energy =
      MeasureEnergy(Trace({Watts("VDD_IN")}, {[](double s) { return s < 2 ? 1 : 1 + (s - 2); }}),
                    kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 10 + 50, 1e-9);  // the integral of 1 + x over [0, 10]
  EXPECT_NEAR(energy.mean_watts(), 6, 1e-9);
  EXPECT_NEAR(energy.peak_watts(), 10.95, 1e-9);  // from 10.9 W to 11 W
}

TEST(EnergyMeter, InterpolatesAtTheEndsOfTheWindow) {
  const TimeWindow work{2 * kSecond + 30'000'000, 4 * kSecond + 70'000'000};
  const v1::Energy counted = MeasureEnergy(
      Trace({Counter("package-0", 0)}, {[](double s) { return 5 + s * 3; }}), kIdle, work, 1);
  EXPECT_NEAR(counted.joules_gross(), 3 * 2.04, 1e-9);
  const v1::Energy sampled =
      MeasureEnergy(Trace({Watts("VDD_IN")}, {[](double s) { return s; }}), kIdle, work, 1);
  EXPECT_NEAR(sampled.joules_gross(), (4.07 * 4.07 - 2.03 * 2.03) / 2, 1e-9);
}

TEST(EnergyMeter, GoesOnWhereACounterWraps) {
  constexpr double kRange = 25;  // J, passed twice
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("package-0", kRange)},
                          {[](double s) { return std::fmod(20 + StepJoules(s), kRange); }}),
                    kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 60, 1e-9);
  EXPECT_NEAR(energy.idle_watts(), 2, 1e-9);
}

TEST(EnergyMeter, SaysNothingOfACounterThatWasSetBack) {
  const ValueAt reset = [](double s) { return s < 6 ? 1000 + 5 * s : 5 * s; };
  // NVML's counter begins again when the driver is loaded, and does not wrap.
  v1::Energy energy = MeasureEnergy(Trace({Counter("energy", 0)}, {reset}), kIdle, kWork, 1);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_FALSE(energy.has_joules_per_inference());
  EXPECT_THAT(energy.reason(), HasSubstr("the counter of energy was set back"));
  // With its range that would be 261 kJ in a tenth of a second.
  energy = MeasureEnergy(Trace({Counter("package-0", 262144)}, {reset}), kIdle, kWork, 1);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_THAT(energy.reason(), HasSubstr("set back"));
}

TEST(EnergyMeter, SaysNothingOfACounterThatStandsStill) {
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("dram", 1e5)}, {[](double) { return 77; }}), kIdle, kWork, 1);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_FALSE(energy.rails(0).has_watts_mean());
  EXPECT_THAT(energy.reason(), HasSubstr("the counter of dram did not move"));
}

TEST(EnergyMeter, LeavesOutReadingsThatCannotBe) {
  const ValueAt with_nonsense = [](double s) -> std::optional<double> {
    const int64_t tick = std::llround(s * 10);
    if (tick % 10 == 3) return -5;
    if (tick % 10 == 6) return std::numeric_limits<double>::quiet_NaN();
    if (tick % 10 == 9) return std::nullopt;
    return 10 + StepJoules(s);
  };
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("package-0", 0)}, {with_nonsense}), kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 60, 1e-9);
}

TEST(EnergyMeter, LeavesOutReadingsOutOfTurn) {
  PowerTrace trace =
      Trace({Counter("package-0", 0)}, {[](double s) { return 10 + StepJoules(s); }});
  std::vector<PowerSample> disturbed;
  for (const PowerSample& sample : trace.samples) {
    disturbed.push_back(sample);
    disturbed.push_back({sample.time_nanos, {1e6}});                // again, at the same time
    disturbed.push_back({sample.time_nanos - 3 * kPeriod, {1e6}});  // time went back
  }
  trace.samples = disturbed;
  EXPECT_NEAR(MeasureEnergy(trace, kIdle, kWork, 1).joules_gross(), 60, 1e-9);
}

TEST(EnergyMeter, LeavesOutThePartRailsOfATotal) {
  PowerRail part = Watts("VDD_CPU", false);
  part.part_of = "VDD_IN";
  const v1::Energy energy =
      MeasureEnergy(Trace({Watts("VDD_IN"), part}, {Step, [](double s) { return Step(s) / 2; }}),
                    kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 60, 0.1);
  ASSERT_EQ(energy.rails_size(), 2);
  EXPECT_NEAR(energy.rails(1).watts_mean(), 3, 0.01);
  EXPECT_FALSE(energy.rails(1).counted());
}

TEST(EnergyMeter, AddsRailsOfDifferentKinds) {
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("gpu", 0), Watts("board")},
                          {[](double s) { return StepJoules(s) + 5; }, [](double) { return 1.5; }}),
                    kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 60 + 15, 1e-9);
  EXPECT_NEAR(energy.idle_watts(), 3.5, 1e-9);
}

TEST(EnergyMeter, NeedsTenReadings) {
  const TimeWindow brief{2 * kSecond, 2 * kSecond + 850'000'000};
  const v1::Energy energy = MeasureEnergy(Trace({Watts("VDD_IN")}, {Step}), kIdle, brief, 10);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_THAT(energy.reason(), HasSubstr("too few readings: 9 of VDD_IN in 0.85 s, at least 10"));
}

TEST(EnergyMeter, NoticesThatTheSourceVanished) {
  PowerTrace trace = Trace({Watts("BAT0")}, {[](double s) -> std::optional<double> {
                             if (s > 8) return std::nullopt;
                             return Step(s);
                           }});
  trace.trouble = "BAT0 is Charging";
  const v1::Energy energy = MeasureEnergy(trace, kIdle, kWork, 10);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_THAT(energy.reason(),
              HasSubstr("the source vanished: no reading of BAT0 for 4 s: BAT0 is Charging"));
}

TEST(EnergyMeter, BearsThatTheMeterPausedBeforeTheWork) {
  // As when loading and warming up lie between the idle phase and the measuring.
  PowerTrace trace = Trace({Counter("package-0", 0)}, {[](double s) { return 1 + StepJoules(s); }});
  PowerTrace paused = trace;
  paused.samples.clear();
  for (const PowerSample& sample : trace.samples) {
    const bool pause = sample.time_nanos > 2 * kSecond && sample.time_nanos < 7 * kSecond;
    if (!pause) paused.samples.push_back(sample);
  }
  const TimeWindow work{7 * kSecond - 1'000'000, 12 * kSecond};
  const v1::Energy energy = MeasureEnergy(paused, kIdle, work, 10);
  EXPECT_EQ(energy.reason(), "");
  EXPECT_NEAR(energy.joules_gross(), 6 * 5.001, 1e-9);
  EXPECT_NEAR(energy.idle_watts(), 2, 1e-9);
}

TEST(EnergyMeter, BridgesShortGaps) {
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("package-0", 0)}, {[](double s) -> std::optional<double> {
                            if (s > 5.05 && s < 5.85) return std::nullopt;
                            return StepJoules(s) + 1;
                          }}),
                    kIdle, kWork, 1);
  EXPECT_NEAR(energy.joules_gross(), 60, 1e-9);
}

TEST(EnergyMeter, KeepsTheGrossFigureWithoutAnIdlePhase) {
  const PowerTrace trace = Trace({Watts("VDD_IN")}, {Step});
  const v1::Energy off = MeasureEnergy(trace, std::nullopt, kWork, 10);
  EXPECT_NEAR(off.joules_gross(), 60, 0.3);
  EXPECT_FALSE(off.has_joules_net() || off.has_idle_watts() || off.has_joules_per_inference());
  EXPECT_THAT(off.reason(), HasSubstr("no idle power"));
  const v1::Energy brief = MeasureEnergy(trace, TimeWindow{0, 3 * kPeriod}, kWork, 10);
  EXPECT_FALSE(brief.has_joules_net());
  EXPECT_THAT(brief.reason(), HasSubstr("no idle power: too few readings: 4"));
}

TEST(EnergyMeter, SaysNothingPerInferenceWhenTheWorkDoesNotShow) {
  const v1::Energy energy =
      MeasureEnergy(Trace({Watts("VDD_IN")}, {[](double) { return 3; }}), kIdle, kWork, 10);
  EXPECT_NEAR(energy.joules_gross(), 30, 1e-9);
  EXPECT_NEAR(energy.joules_net(), 0, 1e-9);
  EXPECT_FALSE(energy.has_joules_per_inference());
  EXPECT_THAT(energy.reason(), HasSubstr("no more power while measuring (3 W) than idle"));
}

TEST(EnergyMeter, NeedsAnInference) {
  const v1::Energy energy = MeasureEnergy(Trace({Watts("VDD_IN")}, {Step}), kIdle, kWork, 0);
  EXPECT_FALSE(energy.has_joules_per_inference());
  EXPECT_EQ(energy.reason(), "no inference was measured");
}

TEST(EnergyMeter, NeedsACountedRail) {
  const v1::Energy energy = MeasureEnergy(Trace({Watts("psys", false)}, {Step}), kIdle, kWork, 1);
  EXPECT_FALSE(energy.has_joules_gross());
  EXPECT_EQ(energy.reason(), "no rail of the source is counted");
}

TEST(EnergyMeter, GivesTheIntervalOfTheBlocksMeans) {
  // Whole seconds, the blocks, with 6 + 0.5 and 6 - 0.5 W in turn: the variance of their ten
  // means is 10 / 9 * 0.25 W^2, and over ten that of the mean. Idle is constant.
  const ValueAt joules = [](double s) {
    if (s < 2) return 1 + 2 * s;
    const double whole = std::floor(s + 1e-9) - 2;
    const bool even = std::fmod(whole, 2) == 0;
    return 5 + 6 * (s - 2) + (even ? 0.5 * (s - 2 - whole) : 0.5 * (whole + 3 - s));
  };
  const v1::Energy energy =
      MeasureEnergy(Trace({Counter("package-0", 0)}, {joules}), kIdle, kWork, 100);
  const double error = std::sqrt(0.25 / 9);
  EXPECT_NEAR(energy.joules_per_inference(), 0.4, 1e-9);
  EXPECT_NEAR(energy.joules_per_inference_high() - 0.4, 2.26216 * error * 10 / 100, 1e-6);
  EXPECT_NEAR(0.4 - energy.joules_per_inference_low(), 2.26216 * error * 10 / 100, 1e-6);
}

TEST(EnergyMeter, WidensTheIntervalByTheIdlePowersVariation) {
  // The five blocks of the idle phase, 0.4 s each, have 2 W, or in turn 2 + d and 2 - d W;
  // the middle of those is 2 + d.
  const auto energy_with = [](double d) {
    return MeasureEnergy(Trace({Counter("package-0", 0)}, {[d](double s) {
                                 if (s >= 2) return 1 + d * 0.4 + StepJoules(s);
                                 const double block = std::floor(s / 0.4 + 1e-9);
                                 const bool even = std::fmod(block, 2) == 0;
                                 const double part = s - 0.4 * block;
                                 return 1 + StepJoules(s) + d * (even ? part : 0.4 - part);
                               }}),
                         kIdle, kWork, 100);
  };
  const v1::Energy steady = energy_with(0);
  EXPECT_NEAR(steady.joules_per_inference_high() - steady.joules_per_inference_low(), 0, 1e-9);
  const v1::Energy changing = energy_with(0.5);
  EXPECT_NEAR(changing.idle_watts(), 2.5, 1e-6);
  // The means lie 0.4 three times and 0.6 twice about their mean: 1.2 W^2 over 4, over 5.
  const double error = std::sqrt(1.5708 * 1.2 / 4 / 5);
  EXPECT_NEAR(changing.joules_per_inference_high() - changing.joules_per_inference_low(),
              2 * 2.77645 * error * 10 / 100, 1e-4);
}

TEST(EnergyMeter, CoversTheTruthInMostCasesWhereReadingsDependOnEachOther) {
  // Readings that follow each other depend on each other, as those of a regulator do.
  constexpr int kTrials = 1000;
  std::mt19937_64 random(20240517);
  std::normal_distribution<double> normal;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    double noise = 0;
    const v1::Energy energy =
        MeasureEnergy(Trace({Watts("VDD_IN")}, {[&](double s) {
                              noise = 0.5 * noise + 0.2 * normal(random);
                              return (s < 2.05 ? 2 : 6) + noise;
                            }}),
                      TimeWindow{0, 2 * kSecond}, {2 * kSecond + kPeriod, 12 * kSecond}, 100);
    const double truth = 4 * 9.9 / 100;
    covered +=
        energy.joules_per_inference_low() <= truth && truth <= energy.joules_per_inference_high();
  }
  RecordProperty("covered", covered);
  EXPECT_GE(covered, kTrials * 90 / 100) << covered;
}

TEST(EnergyMeter, PassesTheNotesOn) {
  PowerTrace trace = Trace({Watts("VDD_IN")}, {Step});
  trace.notes = {"without USB"};
  EXPECT_THAT(MeasureEnergy(trace, kIdle, kWork, 1).notes(), ElementsAre("without USB"));
  EXPECT_THAT(MeasureEnergy(PowerTrace(), kIdle, kWork, 1).notes(), IsEmpty());
}

}  // namespace
}  // namespace edgebench
