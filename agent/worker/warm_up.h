#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/worker/model_runner.h"
#include "common/clock.h"

namespace edgebench::worker {

// Warm-up ends when the medians of two consecutive windows of calls differ by
// at most `tolerance`, or when a bound is reached. docs/measuring.md says why
// the values are these.
struct WarmUpOptions {
  // A window holds at least so many calls and lasts at least so long. One that
  // has taken a quarter of a bound below does without the other, so that a very
  // slow or a very fast model has windows to compare too.
  int window_calls = 5;
  absl::Duration window_time = absl::Milliseconds(50);
  double tolerance = 0.03;  // relative
  int min_calls = 3;        // made even when they exceed max_time
  int max_calls = 2000;
  absl::Duration max_time = absl::Seconds(5);
};

// How long warming up may take where measuring may take `measuring`: half as
// long, but 5 s where that is less, and never longer than measuring itself.
absl::Duration WarmUpTime(absl::Duration measuring);

struct WarmUpReport {
  std::vector<int64_t> samples_ns;
  bool stable = false;
  // Relative difference of the last two windows' medians. nullopt when the calls
  // did not fill two windows: nothing is known of the latency's course then.
  std::optional<double> last_change;
};

// The status of RunOnce, when that fails.
absl::StatusOr<WarmUpReport> WarmUp(ModelRunner& runner, Clock& clock,
                                    const WarmUpOptions& options);

}  // namespace edgebench::worker
