#include "agent/telemetry/verdict.h"

#include <gmock/gmock.h>

#include <cmath>

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

void SetClock(v1::JobResult& result, const std::vector<double>& megahertz) {
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.clear_channels();
  telemetry.clear_offset_ns();
  telemetry.set_measure_start_ns(100);
  v1::TelemetryChannel& clock = *telemetry.add_channels();
  clock.set_name("clock max");
  for (const double value : megahertz) {
    telemetry.add_offset_ns(100 * telemetry.offset_ns_size());
    clock.add_values(value * 1e6);
  }
}

// A quiet device of four cores of which the job uses all, with nothing unknown.
v1::JobResult Quiet() {
  v1::JobResult result;
  result.set_threads(4);
  result.mutable_latency()->add_measured_ns(1);
  result.mutable_validity()->set_valid(true);
  for (v1::Conditions* conditions :
       {result.mutable_conditions_before(), result.mutable_conditions_after()}) {
    conditions->set_temperature_celsius(60);
    conditions->set_trip_celsius(85);
    conditions->set_firmware_throttled(0);
    conditions->set_core_throttles(7);
    conditions->set_package_throttles(3);
  }
  v1::CpuUse& use = *result.mutable_cpu_use();
  use.set_duration_ns(1'000'000'000);
  use.set_cores(4);
  use.set_others(0.02);
  use.set_stolen(0);
  use.set_resolution(0.05);
  SetClock(result, {600, 1500, 1500, 1500, 1500});
  result.mutable_environment()->mutable_host()->set_governor("performance");
  return result;
}

TEST(Verdict, OfAQuietDeviceHasNothingToSay) {
  const Verdict verdict = Judge(Quiet());
  EXPECT_THAT(verdict.reasons, IsEmpty());
  EXPECT_THAT(verdict.unknown, IsEmpty());
  EXPECT_THAT(verdict.hints, IsEmpty());
}

TEST(Verdict, ThrottlingNowOrSinceTheWarmUpIsObjectedTo) {
  v1::JobResult result = Quiet();
  result.mutable_conditions_after()->set_firmware_throttled(0x4);
  EXPECT_THAT(Judge(result).reasons, ElementsAre("throttled: the firmware reports throttled"));
  result.mutable_conditions_after()->set_firmware_throttled(0x10000);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(HasSubstr("under-voltage")));
  result.mutable_conditions_before()->set_firmware_throttled(0x10000);
  EXPECT_THAT(Judge(result).reasons, IsEmpty()) << "that was before";
}

TEST(Verdict, CountersThatGrewAreObjectedTo) {
  v1::JobResult result = Quiet();
  result.mutable_conditions_after()->set_core_throttles(9);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(HasSubstr("a core for its heat 2 times")));
  result = Quiet();
  result.mutable_conditions_before()->set_quota_throttles(0);
  result.mutable_conditions_after()->set_quota_throttles(1);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(HasSubstr("CPU quota 1 time")));
}

TEST(Verdict, ATemperatureAtTheTripPointIsThrottling) {
  v1::JobResult result = Quiet();
  result.mutable_conditions_after()->set_temperature_celsius(85);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(StartsWith("throttled: 85 degC")));
  result.mutable_conditions_after()->clear_trip_celsius();
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
}

TEST(Verdict, AHotMomentInTheMiddleCounts) {
  v1::JobResult result = Quiet();
  v1::TelemetryChannel& channel = *result.mutable_telemetry()->add_channels();
  channel.set_name("temperature");
  for (const double celsius : {90.0, 60.0, 86.0, 60.0}) channel.add_values(celsius);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(StartsWith("throttled: 86 degC")))
      << "the first row is of the warm-up";
}

TEST(Verdict, AClockThatChangesByMoreThanATenthIsObjectedTo) {
  v1::JobResult result = Quiet();
  SetClock(result, {600, 1500, 1500, 1200, 1200});
  EXPECT_THAT(Judge(result).reasons,
              ElementsAre("clock changed: by 20 % while measuring (1200 to 1500 MHz)"));
  SetClock(result, {600, 1500, 1500, 1400, 1400});
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
}

TEST(Verdict, OneReadingBetweenTwoClockStepsDoesNotCount) {
  v1::JobResult result = Quiet();
  SetClock(result, {600, 1500, 600, 1500, 1500});
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
  std::vector<double> clock(21, 1500);
  clock[7] = 600;
  SetClock(result, clock);
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
}

TEST(Verdict, ThreeReadingsOfTheClockAreTooFewToTell) {
  v1::JobResult result = Quiet();
  SetClock(result, {600, 1500, 600, 1500});
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
  EXPECT_THAT(Judge(result).unknown, ElementsAre("clock"));
}

TEST(Verdict, ABusyNeighbourIsObjectedTo) {
  v1::JobResult result = Quiet();
  result.mutable_cpu_use()->set_others(2);
  EXPECT_THAT(Judge(result).reasons,
              ElementsAre("foreign load: other processes used 200 % of a core of the 4 that the "
                          "job with 4 threads may use; 10 % are allowed"));
}

TEST(Verdict, OthersMayUseATenthOfAllCoresIfTheJobLeavesThatManyFree) {
  EXPECT_DOUBLE_EQ(ForeignLoadLimit(4, 4), 0.1) << "a tenth of one core is never objected to";
  EXPECT_DOUBLE_EQ(ForeignLoadLimit(4, 1), 0.4);
  EXPECT_DOUBLE_EQ(ForeignLoadLimit(64, 4), 6.4);
  EXPECT_DOUBLE_EQ(ForeignLoadLimit(64, 60), 4) << "no more than are free";
  EXPECT_DOUBLE_EQ(ForeignLoadLimit(2, 8), 0.1);
}

TEST(Verdict, StreamsOccupyACoreForEachOfTheirThreads) {
  v1::JobResult result = Quiet();
  result.mutable_cpu_use()->set_cores(4);
  result.set_threads(1);
  result.mutable_cpu_use()->set_others(0.3);
  EXPECT_THAT(Judge(result).reasons, IsEmpty()) << "three cores are free";
  result.mutable_settings()->set_streams(4);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(StartsWith("foreign load")));
}

TEST(Verdict, WhatWasWatchedTooShortlyIsUnknown) {
  v1::JobResult result = Quiet();
  result.mutable_cpu_use()->set_resolution(0.5);
  EXPECT_THAT(Judge(result).unknown, ElementsAre("foreign load"));
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
  result.mutable_cpu_use()->set_others(1);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(StartsWith("foreign load")))
      << "what is beyond doubt is told";
}

TEST(Verdict, TimeThatWasStolenIsObjectedToFromTwoPercentOn) {
  v1::JobResult result = Quiet();
  result.mutable_cpu_use()->set_stolen(0.08);
  EXPECT_THAT(Judge(result).reasons, IsEmpty());
  result.mutable_cpu_use()->set_stolen(0.2);
  EXPECT_THAT(Judge(result).reasons, ElementsAre(StartsWith("steal: 5.0 %")));
}

TEST(Verdict, ADeviceThatTellsNothingIsUnknownAndNotFine) {
  v1::JobResult result;
  result.mutable_latency()->add_measured_ns(1);
  EXPECT_THAT(Judge(result).unknown,
              ElementsAre("throttling", "temperature", "clock", "foreign load", "steal"));
  SetClock(result, {1500, std::nan(""), std::nan(""), 1500});
  EXPECT_THAT(Judge(result).unknown, ::testing::Contains("clock"));
}

TEST(Verdict, AGovernorIsAHintWithItsCommand) {
  v1::JobResult result = Quiet();
  result.mutable_environment()->mutable_host()->set_governor("ondemand");
  EXPECT_THAT(Judge(result).hints, ElementsAre(HasSubstr("echo performance | sudo tee")));
  AddVerdict(result);
  EXPECT_TRUE(result.validity().valid());
}

TEST(Verdict, ComesAfterTheWorkersOwnReasons) {
  v1::JobResult result = Quiet();
  result.mutable_validity()->set_valid(false);
  result.mutable_validity()->add_reasons("unsettled: ...");
  result.mutable_cpu_use()->set_stolen(2);
  AddVerdict(result);
  EXPECT_THAT(result.validity().reasons(), ElementsAre("unsettled: ...", StartsWith("steal")));
}

TEST(Verdict, IsNotGivenWhereNothingWasMeasured) {
  v1::JobResult result;
  AddVerdict(result);
  EXPECT_EQ(result.SerializeAsString(), "");
}

}  // namespace
}  // namespace edgebench::agent
