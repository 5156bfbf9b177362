#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/worker/stream_threads.h"
#include "common/clock.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Queries arrive at random, as a Poisson process, and wait until a stream is free; the latency
// of a query is from its arrival to its answer. The Server scenario of MLPerf Inference (Reddi
// et al., ISCA 2020, section 4.1).
struct ServerOptions {
  absl::Duration latency_bound;  // of the 99th percentile
  double first_rate = 1;         // queries per second to begin with
  absl::Duration max_time;       // of all trials together
  int queries = 662;             // of a trial
  uint64_t seed = 0;             // of the arrivals
  // Sleeps until a time on Clock::NowNanos.
  std::function<void(int64_t)> wait_until;
};

// How many of `queries` may be late so that, with 95 % confidence, at most 1 % of all are: the
// largest k with P(Bin(queries, 0.01) <= k) <= 0.05. nullopt where there are too few queries to
// say so even if none is late.
std::optional<int64_t> AllowedOverruns(int64_t queries);

// Times from 0 on, in nanoseconds, ascending: exponential gaps with mean 1 / rate. The same
// seed gives the same ones everywhere.
std::vector<int64_t> PoissonArrivals(double rate_per_second, int count, uint64_t seed);

// Looks for the highest rate at which the bound is held: up or down from the first rate until
// one holds and one does not, then between them until they are at most 5 % apart. A trial ends
// early where it can no longer hold; one that the time ends is no trial. `progress` is given each
// trial. The status of an inference that fails.
absl::StatusOr<v1::ServerReport> FindServerRate(
    const InferenceStreams& streams, Clock& clock, const ServerOptions& options,
    const std::function<void(const v1::ServerReport&)>& progress);

}  // namespace edgebench::worker
