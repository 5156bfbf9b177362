#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "db/result_store.h"
#include "edgebench/v1/profile.pb.h"

namespace edgebench::controller {

// What follows from a profile. A multiply-add is two floating-point operations.

// FLOP per nanosecond, which is GFLOP/s; nullopt where the multiply-adds are unknown or
// none, or the time is 0.
std::optional<double> FlopsPerNano(const v1::ProfileReport::Operator& op);
// Bytes per nanosecond, which is GB/s; nullopt likewise.
std::optional<double> BytesPerNano(const v1::ProfileReport::Operator& op);
// FLOP per byte; nullopt likewise.
std::optional<double> Intensity(const v1::ProfileReport::Operator& op);

// Places in `operators`, the one with the largest share first.
std::vector<int> ByShare(const v1::ProfileReport& profile);

// Of the time of a profiled inference, what passed in no operator: the interpreter, the
// callbacks, and operators of other threads that it waited for.
double ShareOutsideOperators(const v1::ProfileReport& profile);

// How long an inference takes without the profiler and with it: medians of pairs.
struct ProfilerOverhead {
  int64_t pairs = 0;
  double plain_ns = 0, profiled_ns = 0;
  double relative = 0;  // median of the pairs' differences over plain_ns
};

// nullopt where nothing was measured.
std::optional<ProfilerOverhead> OverheadOf(const db::Measurement& measurement);

}  // namespace edgebench::controller
