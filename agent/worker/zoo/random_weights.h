#pragma once

#include <cstdint>
#include <string>

namespace edgebench::worker::zoo {

// Random numbers that are equal to the bit on every architecture and compiler:
// integers from SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom
// Number Generators, OOPSLA 2014), each half of which gives a float by exact
// arithmetic and one rounding. Not for cryptography.

// The stream of one tensor: depends on the seed and on the tensor's full name,
// so adding a layer changes no other layer's weights.
uint64_t StreamFor(int64_t seed, const std::string& name);

// Fills data[begin] to data[end - 1] of a tensor with values uniform in
// (-bound, bound): multiples of bound / 2^23 at odd positions, hence symmetric around
// zero and never zero. Their variance is bound^2 / 3. What a value is depends on its
// place only, so parts can be filled side by side; `begin` is even.
void FillUniform(uint64_t stream, float bound, float* data, int64_t begin, int64_t end);

inline void FillUniform(uint64_t stream, float bound, float* data, int64_t size) {
  FillUniform(stream, bound, data, 0, size);
}

// The bound for which the variance is gain^2 / fan_in, He et al., arXiv:1502.01852.
float UniformBound(double gain, int64_t fan_in);

}  // namespace edgebench::worker::zoo
