#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/worker/stream_threads.h"
#include "common/clock.h"

namespace edgebench::worker {

struct Rate {
  double per_second = 0;
  // 95 % confidence interval; nullopt where there is too little to know.
  std::optional<double> low, high;
};

// Events per second within [from_ns, to_ns), with a confidence interval by batch means: the
// window is cut into 20 parts, whose counts are nearly independent even where single events are
// not, and the interval is the t interval of their mean (Law, Simulation Modeling and Analysis,
// section 9.5.3). No interval below 2 events a part on average. `times_ns` in any order.
Rate RateWithin(const std::vector<int64_t>& times_ns, int64_t from_ns, int64_t to_ns);

struct ThroughputMeasurement {
  int64_t inferences = 0;  // that ended within the window
  absl::Duration window;
  Rate rate;
  // Of these, in the order they ended.
  std::vector<int64_t> latencies_ns;
};

// Runs all streams at once, each one inference after the other, for `duration`. Its first tenth,
// in which they fall into step, is not part of the window. `progress` is given the share that is
// over. The status of an inference that fails.
absl::StatusOr<ThroughputMeasurement> MeasureThroughput(
    const InferenceStreams& streams, Clock& clock, absl::Duration duration,
    const std::function<void(double)>& progress);

}  // namespace edgebench::worker
