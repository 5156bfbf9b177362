#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/power_trace.h"

namespace edgebench {

// The energy that went through one rail, as a curve over time. Power is taken as linear
// between two readings of it (the trapezoidal rule), and as constant between two of a
// counter, whose difference is exact. Before the first and after the last reading the
// power of the nearest one goes on, for as long as Over allows.
class EnergyCurve {
 public:
  // The rail's readings in the window, and the ones next to it if they are near. Left out are those
  // that are absent, not finite or, of a counter, negative, and those whose time is not
  // after that of the one before.
  //   FAILED_PRECONDITION  fewer than `least_readings` in the window; none for longer than
  //                        both a tenth of it and five times their median distance; the
  //                        counter went backwards and does not wrap there, or stood still.
  //                        Says which, of which rail.
  static absl::StatusOr<EnergyCurve> Over(const PowerTrace& trace, size_t rail, TimeWindow window,
                                          int least_readings);

  // Mean power of a span of more than 0 ns.
  double MeanWatts(TimeWindow span) const;

  // Times of its readings, in order; at least 2.
  const std::vector<int64_t>& times() const { return times_; }

 private:
  EnergyCurve() = default;
  double JoulesUntil(int64_t time) const;

  std::vector<int64_t> times_;
  std::vector<double> joules_;  // since the first reading
  // Power at the start and at the end of each segment between two readings.
  std::vector<double> start_watts_, end_watts_;
};

}  // namespace edgebench
