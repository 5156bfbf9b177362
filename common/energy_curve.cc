#include "common/energy_curve.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace edgebench {
namespace {

// A counter that seems to have grown faster than this has been set back instead.
constexpr double kHighestWatts = 10'000;

struct Reading {
  int64_t time_nanos;
  double value;
};

double Seconds(int64_t nanos) { return static_cast<double>(nanos) / 1e9; }

std::vector<Reading> GoodReadings(const PowerTrace& trace, size_t rail) {
  const bool counter = trace.rails[rail].quantity == PowerRail::Quantity::kJoules;
  std::vector<Reading> readings;
  for (const PowerSample& sample : trace.samples) {
    if (rail >= sample.values.size() || !sample.values[rail]) continue;
    const double value = *sample.values[rail];
    if (!std::isfinite(value) || (counter && value < 0)) continue;
    if (!readings.empty() && sample.time_nanos <= readings.back().time_nanos) continue;
    readings.push_back({sample.time_nanos, value});
  }
  return readings;
}

// With one reading before the window and one after it, where there are such.
std::vector<Reading> Cut(const std::vector<Reading>& readings, TimeWindow window) {
  auto first = std::upper_bound(readings.begin(), readings.end(), window.start_nanos,
                                [](int64_t time, const Reading& r) { return time < r.time_nanos; });
  if (first != readings.begin()) --first;
  auto last = std::lower_bound(first, readings.end(), window.end_nanos,
                               [](const Reading& r, int64_t time) { return r.time_nanos < time; });
  if (last != readings.end()) ++last;
  return {first, last};
}

absl::Status Unusable(const std::string& what, const std::string& trouble) {
  return absl::FailedPreconditionError(absl::StrCat(what, trouble.empty() ? "" : ": ", trouble));
}

absl::Status CheckCount(const std::vector<Reading>& readings, TimeWindow window, int least,
                        const std::string& name, const std::string& trouble) {
  const auto inside = std::count_if(readings.begin(), readings.end(), [&](const Reading& r) {
    return r.time_nanos >= window.start_nanos && r.time_nanos <= window.end_nanos;
  });
  if (inside >= least && readings.size() >= 2) return absl::OkStatus();
  return Unusable(absl::StrFormat("too few readings: %d of %s in %.2g s, at least %d are needed",
                                  inside, name, window.seconds(), least),
                  trouble);
}

absl::Status CheckGaps(const std::vector<Reading>& readings, TimeWindow window,
                       const std::string& name, const std::string& trouble) {
  std::vector<int64_t> distances;
  for (size_t i = 1; i < readings.size(); ++i) {
    distances.push_back(readings[i].time_nanos - readings[i - 1].time_nanos);
  }
  std::vector<int64_t> sorted = distances;
  std::sort(sorted.begin(), sorted.end());
  const int64_t allowed =
      std::max(5 * sorted[sorted.size() / 2], (window.end_nanos - window.start_nanos) / 10);
  distances.push_back(readings.front().time_nanos - window.start_nanos);
  distances.push_back(window.end_nanos - readings.back().time_nanos);
  const int64_t longest = *std::max_element(distances.begin(), distances.end());
  if (longest <= allowed) return absl::OkStatus();
  return Unusable(
      absl::StrFormat("the source vanished: no reading of %s for %.2g s", name, Seconds(longest)),
      trouble);
}

// What a counter has grown by from one reading to the next.
absl::StatusOr<double> Growth(const PowerRail& rail, const Reading& from, const Reading& to) {
  double growth = to.value - from.value;
  if (growth < 0) growth += rail.wraps_at_joules;
  const double watts = growth / Seconds(to.time_nanos - from.time_nanos);
  if (growth >= 0 && watts <= kHighestWatts) return growth;
  return Unusable(absl::StrFormat("the counter of %s was set back, from %g J to %g J", rail.name,
                                  from.value, to.value),
                  "");
}

}  // namespace

absl::StatusOr<EnergyCurve> EnergyCurve::Over(const PowerTrace& trace, size_t rail,
                                              TimeWindow window, int least_readings) {
  const PowerRail& description = trace.rails[rail];
  const std::vector<Reading> readings = Cut(GoodReadings(trace, rail), window);
  EDGEBENCH_RETURN_IF_ERROR(
      CheckCount(readings, window, least_readings, description.name, trace.trouble));
  EDGEBENCH_RETURN_IF_ERROR(CheckGaps(readings, window, description.name, trace.trouble));
  const bool counter = description.quantity == PowerRail::Quantity::kJoules;
  EnergyCurve curve;
  curve.times_.push_back(readings[0].time_nanos);
  curve.joules_.push_back(0);
  for (size_t i = 1; i < readings.size(); ++i) {
    const double seconds = Seconds(readings[i].time_nanos - readings[i - 1].time_nanos);
    double from = readings[i - 1].value;
    double to = readings[i].value;
    if (counter) {
      EDGEBENCH_ASSIGN_OR_RETURN(const double growth,
                                 Growth(description, readings[i - 1], readings[i]));
      from = to = growth / seconds;
    }
    curve.times_.push_back(readings[i].time_nanos);
    curve.joules_.push_back(curve.joules_.back() + (from + to) / 2 * seconds);
    curve.start_watts_.push_back(from);
    curve.end_watts_.push_back(to);
  }
  if (counter && curve.joules_.back() == 0) {
    return Unusable(absl::StrFormat("the counter of %s did not move in %.2g s", description.name,
                                    window.seconds()),
                    trace.trouble);
  }
  return curve;
}

double EnergyCurve::JoulesUntil(int64_t time) const {
  if (time <= times_.front()) return start_watts_.front() * Seconds(time - times_.front());
  if (time >= times_.back()) {
    return joules_.back() + end_watts_.back() * Seconds(time - times_.back());
  }
  const auto after = std::upper_bound(times_.begin(), times_.end(), time);
  const size_t i = static_cast<size_t>(after - times_.begin()) - 1;
  const double length = Seconds(times_[i + 1] - times_[i]);
  const double part = Seconds(time - times_[i]);
  const double watts = start_watts_[i] + (end_watts_[i] - start_watts_[i]) * part / length;
  return joules_[i] + (start_watts_[i] + watts) / 2 * part;
}

double EnergyCurve::MeanWatts(TimeWindow span) const {
  return (JoulesUntil(span.end_nanos) - JoulesUntil(span.start_nanos)) / span.seconds();
}

}  // namespace edgebench
