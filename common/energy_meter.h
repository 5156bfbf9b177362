#pragma once

#include <cstdint>
#include <optional>

#include "common/power_trace.h"
#include "edgebench/v1/energy.pb.h"

namespace edgebench {

// Readings that a window of measuring and an idle phase need.
inline constexpr int kMinPowerReadings = 10;
inline constexpr int kMinIdleReadings = 5;

// What `inferences` calls in the window `measured` took of energy: pure.
//
// Gross is the integral of the counted rails' power over the window; net is that without
// the median power of the window `idle`, for as long as the former lasted.
// joules_per_inference is net over inferences.
//
// Its 95 % interval: the window is cut into 10 blocks of equal time (into n / 2 where there
// are n < 20 readings). Readings that follow each other depend on each other, means of
// blocks hardly do (method of batch means, Schmeiser, Batch Size Effects in the Analysis of
// Simulation Output, Operations Research 30(3), 1982), so the variance of the mean power is
// that of the blocks' means over their number. To it is added that of the idle power, from 5
// blocks in the same way, times pi / 2, by which the median of a normal sample varies more
// than its mean. The interval is Student's, with the degrees of freedom of Welch and
// Satterthwaite for a sum of two variances.
//
// Whatever cannot be said is unset, and `reason` says why the figure per inference is. The
// times on the calendar are left to the caller.
v1::Energy MeasureEnergy(const PowerTrace& trace, const std::optional<TimeWindow>& idle,
                         TimeWindow measured, int64_t inferences);

}  // namespace edgebench
