#include "controller/report/course.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "controller/grid.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

constexpr size_t kParts = 10;

// The mean of a channel's readings within a part.
std::optional<double> MeanOf(const v1::Telemetry& telemetry, const char* channel, int64_t from_ns,
                             int64_t to_ns) {
  const auto found = std::find_if(telemetry.channels().begin(), telemetry.channels().end(),
                                  [&](const auto& c) { return c.name() == channel; });
  if (found == telemetry.channels().end() || !telemetry.has_measure_start_ns()) return std::nullopt;
  double sum = 0;
  int count = 0;
  const int readings = std::min(telemetry.offset_ns_size(), found->values_size());
  for (int i = 0; i < readings; ++i) {
    const int64_t time_ns = telemetry.offset_ns(i) - telemetry.measure_start_ns();
    if (time_ns < from_ns || time_ns >= to_ns || std::isnan(found->values(i))) continue;
    sum += found->values(i);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

CoursePart PartOf(const std::vector<int64_t>& samples, int64_t from_ns, int64_t to_ns,
                  const v1::Telemetry& telemetry) {
  CoursePart part;
  part.from_ns = from_ns;
  part.to_ns = to_ns;
  part.median_ns = Median(samples).value_or(0);
  part.clock_hz = MeanOf(telemetry, "clock max", from_ns, to_ns);
  part.temperature_degc = MeanOf(telemetry, "temperature", from_ns, to_ns);
  return part;
}

std::string TimeText(int64_t nanos) { return FormatNanos(static_cast<double>(nanos)); }

std::string ClockText(const std::optional<double>& hertz) {
  return hertz ? absl::StrFormat("%.2f GHz", *hertz / 1e9) : kUnknown;
}

std::string TemperatureText(const std::optional<double>& degrees) {
  return degrees ? absl::StrFormat("%.1f °C", *degrees) : kUnknown;
}

std::string FirstAndLast(const CoursePart& first, const CoursePart& last) {
  std::string text = absl::StrFormat("from the first part to the last: latency %+.1f %%",
                                     100 * (last.median_ns / first.median_ns - 1));
  if (first.clock_hz && last.clock_hz)
    absl::StrAppendFormat(&text, ", clock %+.1f %%", 100 * (*last.clock_hz / *first.clock_hz - 1));
  if (first.temperature_degc && last.temperature_degc) {
    absl::StrAppendFormat(&text, ", temperature %+.1f °C",
                          *last.temperature_degc - *first.temperature_degc);
  }
  return text;
}

}  // namespace

std::vector<CoursePart> CourseOf(const db::Measurement& measurement) {
  const v1::JobResult& result = measurement.result;
  if (result.settings().scenario() != v1::SCENARIO_SUSTAINED || measurement.processes.size() != 1)
    return {};
  const std::vector<int64_t>& samples = measurement.processes.front();
  int64_t whole_ns = 0;
  for (const int64_t sample : samples) whole_ns += sample;
  const auto parts = static_cast<int64_t>(std::min(kParts, samples.size()));
  std::vector<CoursePart> course;
  std::vector<int64_t> in_part;
  int64_t from_ns = 0, time_ns = 0;
  for (const int64_t sample : samples) {
    in_part.push_back(sample);
    time_ns += sample;
    const auto done = static_cast<int64_t>(course.size()) + 1;
    if (time_ns < whole_ns / parts * done && done < parts) continue;
    if (done == parts && time_ns < whole_ns) continue;
    course.push_back(PartOf(in_part, from_ns, time_ns, result.telemetry()));
    in_part.clear();
    from_ns = time_ns;
  }
  return course;
}

std::string RenderCourse(const db::Measurement& measurement, const Table::Style& style) {
  const std::vector<CoursePart> course = CourseOf(measurement);
  if (course.size() < 2) return "";
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"until", kRight}, {"latency", kRight}, {"clock", kRight}, {"temperature", kRight}});
  for (const CoursePart& part : course) {
    table.AddRow({TimeText(part.to_ns), FormatNanos(part.median_ns), ClockText(part.clock_hz),
                  TemperatureText(part.temperature_degc)});
  }
  return absl::StrCat(CellLabel(measurement.result.settings()), " on ", measurement.device, "\n",
                      table.Render(style), FirstAndLast(course.front(), course.back()), "\n");
}

}  // namespace edgebench::controller
