#include "controller/report/course.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// 20 s: as many samples of 100 ms as of 200 ms take half of the time each.
db::Measurement Sustained() {
  v1::JobSettings settings = SettingsOf("resnet18", v1::PRECISION_FP32);
  settings.set_scenario(v1::SCENARIO_SUSTAINED);
  std::vector<int64_t> samples(100, 100'000'000);
  samples.insert(samples.end(), 50, 200'000'000);
  v1::JobResult result = MakeResult(settings, samples);
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.set_measure_start_ns(1'000'000'000);
  v1::TelemetryChannel& clock = *telemetry.add_channels();
  clock.set_name("clock max");
  v1::TelemetryChannel& temperature = *telemetry.add_channels();
  temperature.set_name("temperature");
  for (int second = 0; second <= 20; ++second) {
    telemetry.add_offset_ns(second * 1'000'000'000LL);
    clock.add_values(second <= 10 ? 2e9 : 1e9);
    temperature.add_values(second == 5 ? std::nan("") : 40.0 + second);
  }
  db::Measurement measurement = MeasurementFrom(std::move(result));
  measurement.processes.resize(1);
  return measurement;
}

TEST(Course, HasTenPartsThatTakeEquallyLong) {
  const auto course = CourseOf(Sustained());
  ASSERT_THAT(course, SizeIs(10));
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(course[i].from_ns, static_cast<int64_t>(i) * 2'000'000'000);
    EXPECT_EQ(course[i].to_ns, static_cast<int64_t>(i + 1) * 2'000'000'000);
    EXPECT_DOUBLE_EQ(course[i].median_ns, i < 5 ? 100e6 : 200e6);
  }
}

TEST(Course, HasWhatWasSampledInEachPart) {
  const auto course = CourseOf(Sustained());
  // The first 2 s of measuring are the seconds 1 and 2 since the warm-up began.
  EXPECT_DOUBLE_EQ(*course[0].temperature_degc, 41.5);
  EXPECT_DOUBLE_EQ(*course[2].temperature_degc, 46) << "second 5 could not be read";
  EXPECT_DOUBLE_EQ(*course[0].clock_hz, 2e9);
  EXPECT_DOUBLE_EQ(*course[9].clock_hz, 1e9);
}

TEST(Course, IsUnknownWhereNothingWasSampled) {
  db::Measurement measurement = Sustained();
  measurement.result.clear_telemetry();
  const auto course = CourseOf(measurement);
  ASSERT_THAT(course, SizeIs(10));
  EXPECT_FALSE(course[0].clock_hz.has_value());
  EXPECT_FALSE(course[0].temperature_degc.has_value());
}

TEST(Course, IsOfSustainedLoadInOneProcessOnly) {
  EXPECT_THAT(CourseOf(TypicalMeasurement(v1::PRECISION_FP32, 8)), IsEmpty());
  db::Measurement of_two = Sustained();
  of_two.processes.push_back(of_two.processes.front());
  EXPECT_THAT(CourseOf(of_two), IsEmpty());
}

TEST(Course, HasAPartForEachSampleWhereThereAreFew) {
  db::Measurement measurement = Sustained();
  measurement.processes = {{5, 5, 5}};
  EXPECT_THAT(CourseOf(measurement), SizeIs(3));
}

TEST(Course, IsShownWithWhatChanged) {
  EXPECT_THAT(
      RenderCourse(Sustained(), Table::Style()),
      AllOf(HasSubstr("resnet18 fp32 2 threads batch 1 image 224 on local\n"), HasSubstr("100 ms"),
            HasSubstr("from the first part to the last: latency +100.0 %, clock -50.0 %, "
                      "temperature +18.0 °C")));
  EXPECT_EQ(RenderCourse(TypicalMeasurement(v1::PRECISION_FP32, 8), Table::Style()), "");
}

}  // namespace
}  // namespace edgebench::controller
