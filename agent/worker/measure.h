#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/worker/model_runner.h"
#include "common/clock.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

struct MeasureOptions {
  // Exactly so many samples, however long they take.
  std::optional<int> fixed_samples;
  // Otherwise until the 95 % confidence interval of the median is at most this
  // wide (half its width over the median) ...
  double target_ci = 0.03;
  int min_samples = 16;
  // and at least so long, because what disturbs a device for a moment disturbs many short
  // inferences in a row ...
  absl::Duration min_time = absl::Milliseconds(200);
  // ... or one of these ends it.
  int max_samples = 50'000;
  absl::Duration max_time = absl::Seconds(10);
  // Never before max_time, and without a limit of samples but kMaxFixedSamples: sustained load.
  bool until_max_time = false;
};

struct Measurement {
  std::vector<int64_t> samples_ns;  // in the order they were taken
  // Half the interval's width over the median; nullopt below 6 samples.
  std::optional<double> relative_ci;
  // The goal was met, with at least min_samples.
  bool converged = false;
};

// Called between two samples: where the interval was looked at, and each second.
using ProgressCallback = std::function<void(const v1::Progress&)>;

// The sample counts at which the interval is looked at: few and fixed, because
// each look is another chance to stop on luck (docs/measuring.md).
std::vector<int> CheckPoints(int min_samples, int max_samples);

// The status of RunOnce, when that fails; the samples until then are dropped.
absl::StatusOr<Measurement> Measure(ModelRunner& runner, Clock& clock,
                                    const MeasureOptions& options,
                                    const ProgressCallback& progress);

}  // namespace edgebench::worker
