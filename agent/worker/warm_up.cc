#include "agent/worker/warm_up.h"

#include <algorithm>
#include <cmath>

#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Four windows fit into the bounds, of which the last two are compared.
constexpr int kWindowsInBounds = 4;
constexpr int kFewestWindowCalls = 2;

// Cuts the samples into windows as they come and compares each with the one before.
class WindowComparison {
 public:
  explicit WindowComparison(const WarmUpOptions& options) : options_(options) {}

  // True when this sample completes a window whose median is that of the one before.
  bool Add(int64_t sample_ns) {
    window_.push_back(sample_ns);
    window_ns_ += sample_ns;
    if (!HasEnoughCalls() || !LastsLongEnough()) return false;
    const double median = *Median(window_);
    if (previous_median_.has_value() && *previous_median_ > 0) {
      change_ = std::abs(median - *previous_median_) / *previous_median_;
    }
    previous_median_ = median;
    window_.clear();
    window_ns_ = 0;
    return change_.has_value() && *change_ <= options_.tolerance;
  }

  std::optional<double> change() const { return change_; }

 private:
  bool HasEnoughCalls() const {
    const int calls = static_cast<int>(window_.size());
    if (calls >= options_.window_calls) return true;
    return calls >= kFewestWindowCalls &&
           window_ns_ >= absl::ToInt64Nanoseconds(options_.max_time / kWindowsInBounds);
  }

  bool LastsLongEnough() const {
    return window_ns_ >= absl::ToInt64Nanoseconds(options_.window_time) ||
           static_cast<int>(window_.size()) >= options_.max_calls / kWindowsInBounds;
  }

  const WarmUpOptions& options_;
  std::vector<int64_t> window_;
  int64_t window_ns_ = 0;
  std::optional<double> previous_median_, change_;
};

}  // namespace

absl::Duration WarmUpTime(absl::Duration measuring) {
  return std::min(measuring, std::max(WarmUpOptions().max_time, measuring / 2));
}

absl::StatusOr<WarmUpReport> WarmUp(ModelRunner& runner, Clock& clock,
                                    const WarmUpOptions& options) {
  WarmUpReport report;
  WindowComparison windows(options);
  const int64_t start_ns = clock.NowNanos();
  const int64_t budget_ns = absl::ToInt64Nanoseconds(options.max_time);
  for (int calls = 0; calls < options.max_calls; ++calls) {
    const int64_t before_ns = clock.NowNanos();
    EDGEBENCH_RETURN_IF_ERROR(runner.RunOnce());
    const int64_t after_ns = clock.NowNanos();
    report.samples_ns.push_back(after_ns - before_ns);
    if (windows.Add(after_ns - before_ns)) {
      report.stable = true;
      break;
    }
    if (calls + 1 >= options.min_calls && after_ns - start_ns >= budget_ns) break;
  }
  report.last_change = windows.change();
  return report;
}

}  // namespace edgebench::worker
