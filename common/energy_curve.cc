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

absl::Status Unusable(const std::string& what, const std::string& trouble) {
  return absl::FailedPreconditionError(absl::StrCat(what, trouble.empty() ? "" : ": ", trouble));
}

std::vector<Reading> Inside(const std::vector<Reading>& readings, TimeWindow window) {
  std::vector<Reading> inside;
  for (const Reading& reading : readings) {
    if (reading.time_nanos < window.start_nanos || reading.time_nanos > window.end_nanos) continue;
    inside.push_back(reading);
  }
  return inside;
}

// How far apart readings may be; there are at least two.
int64_t AllowedGap(const std::vector<Reading>& inside, TimeWindow window) {
  std::vector<int64_t> distances;
  for (size_t i = 1; i < inside.size(); ++i) {
    distances.push_back(inside[i].time_nanos - inside[i - 1].time_nanos);
  }
  std::sort(distances.begin(), distances.end());
  return std::max(5 * distances[distances.size() / 2],
                  (window.end_nanos - window.start_nanos) / 10);
}

// Those inside with the nearest one before and after, where they are near enough: a meter
// that paused says nothing of the time between.
std::vector<Reading> WithNeighbours(const std::vector<Reading>& readings,
                                    std::vector<Reading> inside, int64_t allowed) {
  const auto before = std::find_if(readings.rbegin(), readings.rend(), [&](const Reading& r) {
    return r.time_nanos < inside.front().time_nanos;
  });
  const auto after = std::find_if(readings.begin(), readings.end(), [&](const Reading& r) {
    return r.time_nanos > inside.back().time_nanos;
  });
  if (after != readings.end() && after->time_nanos - inside.back().time_nanos <= allowed) {
    inside.push_back(*after);
  }
  if (before != readings.rend() && inside.front().time_nanos - before->time_nanos <= allowed) {
    inside.insert(inside.begin(), *before);
  }
  return inside;
}

int64_t LongestGap(const std::vector<Reading>& readings, TimeWindow window) {
  int64_t longest = std::max(readings.front().time_nanos - window.start_nanos,
                             window.end_nanos - readings.back().time_nanos);
  for (size_t i = 1; i < readings.size(); ++i) {
    longest = std::max(longest, readings[i].time_nanos - readings[i - 1].time_nanos);
  }
  return longest;
}

// All that a window's energy follows from.
absl::StatusOr<std::vector<Reading>> ReadingsOf(const PowerTrace& trace, size_t rail,
                                                TimeWindow window, int least) {
  const std::string& name = trace.rails[rail].name;
  const std::vector<Reading> all = GoodReadings(trace, rail);
  std::vector<Reading> readings = Inside(all, window);
  if (static_cast<int>(readings.size()) < std::max(least, 2)) {
    return Unusable(absl::StrFormat("too few readings: %d of %s in %.2g s, at least %d are needed",
                                    readings.size(), name, window.seconds(), least),
                    trace.trouble);
  }
  const int64_t allowed = AllowedGap(readings, window);
  readings = WithNeighbours(all, std::move(readings), allowed);
  const int64_t gap = LongestGap(readings, window);
  if (gap <= allowed) return readings;
  return Unusable(
      absl::StrFormat("the source vanished: no reading of %s for %.2g s", name, Seconds(gap)),
      trace.trouble);
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
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<Reading> readings,
                             ReadingsOf(trace, rail, window, least_readings));
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
