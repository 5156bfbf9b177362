#pragma once

#include <cstddef>
#include <cstdint>

namespace edgebench::worker {

// Loops over many floats, in a file of their own since they are compiled for
// several processors, the best of which is taken when the program starts, and
// harder optimized than the rest.

struct FloatExtremes {
  float low = 0;
  float high = 0;
  bool finite = true;  // else low and high mean nothing
};

// Of the values and zero.
FloatExtremes FindExtremes(const float* values, size_t count);

// The largest absolute value, 0 of none; infinity or NaN when one is among them.
float MaxAbs(const float* values, size_t count);

// The same of sums of two values: the values are blocks of `stride`, the last of which
// may have no partner, and each value of block 2i is added to its like of block 2i + 1.
float MaxAbsPairSum(const float* values, size_t count, size_t stride);

// A bin has several counters, to be summed: adding to a counter that was added to
// just before has to wait, and half of the values behind a ReLU are zeros.
inline constexpr size_t kBinCopies = 4;

// Adds 1 to one of the counters from counts[bin * kBinCopies] on for each value,
// bin = floor(value * scale) - first. The caller knows that they lie in the
// array. `scale` is a power of two, so that no value is rounded into its
// neighbour's bin. Returns how many values are 0.
size_t CountIntoBins(const float* values, size_t count, float scale, int32_t first,
                     uint32_t* counts);

// quantized = round_half_to_even(value * scale); |value * scale| below 128.
void QuantizeToInt8(const float* values, size_t count, float scale, int8_t* quantized);

}  // namespace edgebench::worker
