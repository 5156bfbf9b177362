#pragma once

#include "agent/worker/numerics/value_histogram.h"

namespace edgebench::worker {

// low <= 0 <= high, no wider than the values and zero.
struct ValueRange {
  double low = 0;
  double high = 0;
};

// How a range is chosen from a histogram; activation_observers.h tells which is
// which. `levels` is the largest quantized value. Where the error decides, it is
// the whole range unless the gain from a narrower one is beyond chance.

// From the whole range on, gives up a bin at the end where that costs less; then
// searches around the range on this way that has the smallest quantization error.
ValueRange ShrunkRange(const ValueHistogram& histogram, int levels);

// Without `fraction` of the values at each end.
ValueRange CentralRange(const ValueHistogram& histogram, double fraction);

// The range of the smallest quantization error.
ValueRange BestRange(const ValueHistogram& histogram, int levels);

}  // namespace edgebench::worker
