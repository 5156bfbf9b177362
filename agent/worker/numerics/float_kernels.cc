#include "agent/worker/numerics/float_kernels.h"

#include <algorithm>
#include <cstring>

// One binary runs on every amd64 processor, and uses AVX2 where it is there. Not
// under GCC's thread sanitizer: the function that chooses runs before the loader
// has bound the sanitizer's own, which it would call.
#if defined(__x86_64__) && defined(__has_attribute) && !defined(__SANITIZE_THREAD__)
#if __has_attribute(target_clones)
#define EDGEBENCH_FOR_EACH_CPU __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef EDGEBENCH_FOR_EACH_CPU
#define EDGEBENCH_FOR_EACH_CPU
#endif

namespace edgebench::worker {
namespace {

constexpr int32_t kMagnitude = 0x7fffffff;
constexpr int32_t kInfinity = 0x7f800000;

// Integers that are ordered as the floats are. The compiler may reorder their
// minimum and maximum, which it may not with floats because of NaN; and NaN and
// infinity show as the largest.
inline int32_t OrderedBits(const float* value) {
  int32_t bits = 0;
  std::memcpy(&bits, value, sizeof(bits));
  return bits ^ ((bits >> 31) & kMagnitude);
}

inline float FromOrderedBits(int32_t ordered) {
  const int32_t bits = ordered ^ ((ordered >> 31) & kMagnitude);
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Adding it leaves a float no bits below 1, so the processor rounds to an
// integer, half to even, which then stands in the lowest bits.
constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23

// What fits in the first-level cache beside the bins.
constexpr size_t kBlock = 1024;

}  // namespace

EDGEBENCH_FOR_EACH_CPU
FloatExtremes FindExtremes(const float* values, size_t count) {
  int32_t low = 0;
  int32_t high = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t ordered = OrderedBits(values + i);
    low = std::min(low, ordered);
    high = std::max(high, ordered);
  }
  const bool finite = high < kInfinity && low > ~kInfinity;
  return {FromOrderedBits(low), FromOrderedBits(high), finite};
}

EDGEBENCH_FOR_EACH_CPU
float MaxAbs(const float* values, size_t count) {
  int32_t largest = 0;
  for (size_t i = 0; i < count; ++i) {
    int32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof(bits));
    largest = std::max(largest, bits & kMagnitude);
  }
  return FromOrderedBits(largest);
}

EDGEBENCH_FOR_EACH_CPU
float MaxAbsPairSum(const float* values, size_t count, size_t stride) {
  int32_t largest = 0;
  const auto take = [&largest](float a, float b) {
    const float sum = a + b;
    int32_t bits = 0;
    std::memcpy(&bits, &sum, sizeof(bits));
    largest = std::max(largest, bits & kMagnitude);
  };
  if (stride == 1) {
    for (size_t i = 0; i + 1 < count; i += 2) take(values[i], values[i + 1]);
    return FromOrderedBits(largest);
  }
  for (size_t block = 0; block + 2 * stride <= count; block += 2 * stride) {
    const float* first = values + block;
    for (size_t i = 0; i < stride; ++i) take(first[i], first[i + stride]);
  }
  return FromOrderedBits(largest);
}

EDGEBENCH_FOR_EACH_CPU
size_t CountIntoBins(const float* values, size_t count, float scale, int32_t first,
                     uint32_t* counts) {
  int32_t bins[kBlock];
  size_t zeros = 0;
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const float* block = values + begin;
    const size_t size = std::min(kBlock, count - begin);
    int32_t block_zeros = 0;
    for (size_t i = 0; i < size; ++i) {
      const float scaled = block[i] * scale;
      const auto truncated = static_cast<int32_t>(scaled);
      const int32_t above = static_cast<float>(truncated) > scaled ? 1 : 0;
      bins[i] = truncated - above - first;
      block_zeros += block[i] == 0 ? 1 : 0;
    }
    size_t i = 0;
    for (; i + kBinCopies <= size; i += kBinCopies) {
      for (size_t copy = 0; copy < kBinCopies; ++copy) ++counts[bins[i + copy] * kBinCopies + copy];
    }
    for (; i < size; ++i) ++counts[bins[i] * kBinCopies];
    zeros += static_cast<size_t>(block_zeros);
  }
  return zeros;
}

EDGEBENCH_FOR_EACH_CPU
void QuantizeToInt8(const float* values, size_t count, float scale, int8_t* quantized) {
  for (size_t i = 0; i < count; ++i) {
    const float rounded = values[i] * scale + kRounder;
    int32_t bits = 0;
    std::memcpy(&bits, &rounded, sizeof(bits));
    quantized[i] = static_cast<int8_t>(bits);
  }
}

}  // namespace edgebench::worker
