#include "agent/worker/measure.h"

#include <algorithm>
#include <cstddef>

#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr double kCheckPointGrowth = 1.5;
constexpr int64_t kBetweenLooksNanos = 20'000'000;
// People see how far it is at least so often.
constexpr int64_t kReportNanos = 1'000'000'000;

void Assess(const MeasureOptions& options, Measurement& measurement) {
  measurement.relative_ci = Summarize(measurement.samples_ns).relative_ci;
  measurement.converged = measurement.relative_ci.has_value() &&
                          *measurement.relative_ci <= options.target_ci &&
                          static_cast<int>(measurement.samples_ns.size()) >= options.min_samples;
}

v1::Progress ProgressOf(const Measurement& measurement, double fraction) {
  v1::Progress progress;
  progress.set_samples(static_cast<int>(measurement.samples_ns.size()));
  progress.set_fraction(std::min(fraction, 1.0));
  if (measurement.relative_ci.has_value()) progress.set_relative_ci(*measurement.relative_ci);
  return progress;
}

int LimitOf(const MeasureOptions& options) {
  if (options.fixed_samples) return *options.fixed_samples;
  return options.until_max_time ? kMaxFixedSamples : options.max_samples;
}

// Storage for all samples, its pages touched, so that no sample pays for them.
std::vector<int64_t> SampleBuffer(int samples) {
  std::vector<int64_t> buffer(static_cast<size_t>(samples), 1);
  buffer.clear();
  return buffer;
}

}  // namespace

std::vector<int> CheckPoints(int min_samples, int max_samples) {
  std::vector<int> points;
  double point = std::max(min_samples, 1);
  while (point < max_samples) {
    points.push_back(static_cast<int>(point));
    point = std::max(point + 1, point * kCheckPointGrowth);
  }
  points.push_back(max_samples);
  return points;
}

absl::StatusOr<Measurement> Measure(ModelRunner& runner, Clock& clock,
                                    const MeasureOptions& options,
                                    const ProgressCallback& progress) {
  const bool fixed = options.fixed_samples.has_value();
  const bool may_stop_early = !fixed && !options.until_max_time;
  const int limit = LimitOf(options);
  const int64_t budget_ns = absl::ToInt64Nanoseconds(options.max_time);
  const std::vector<int> points = CheckPoints(std::min(options.min_samples, limit), limit);
  auto next_point = points.begin();
  // Before the least time nothing could end, and a look costs more than many short inferences.
  int64_t next_look_ns = absl::ToInt64Nanoseconds(options.min_time);
  int64_t next_report_ns = kReportNanos;

  Measurement measurement;
  measurement.samples_ns = SampleBuffer(limit);
  const int64_t start_ns = clock.NowNanos();
  for (int taken = 1; taken <= limit; ++taken) {
    const int64_t before_ns = clock.NowNanos();
    EDGEBENCH_RETURN_IF_ERROR(runner.RunOnce());
    const int64_t after_ns = clock.NowNanos();
    measurement.samples_ns.push_back(after_ns - before_ns);
    const int64_t spent_ns = after_ns - start_ns;
    bool looked = false;
    if (taken == *next_point) {
      ++next_point;
      looked = spent_ns >= next_look_ns;
      if (looked) Assess(options, measurement);
    }
    if (looked || spent_ns >= next_report_ns) {
      next_look_ns = std::max(next_look_ns, spent_ns + kBetweenLooksNanos);
      next_report_ns = spent_ns + kReportNanos;
      const double by_count = static_cast<double>(taken) / limit;
      const double by_time = static_cast<double>(spent_ns) / static_cast<double>(budget_ns);
      progress(ProgressOf(measurement, fixed ? by_count : std::max(by_count, by_time)));
    }
    if (looked && may_stop_early && measurement.converged) return measurement;
    if (!fixed && spent_ns >= budget_ns) break;
  }
  Assess(options, measurement);
  return measurement;
}

}  // namespace edgebench::worker
