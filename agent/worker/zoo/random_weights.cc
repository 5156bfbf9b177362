#include "agent/worker/zoo/random_weights.h"

#include <cmath>

namespace edgebench::worker::zoo {
namespace {

constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

inline uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// 23 random bits b become 2 b + 1 - 2^23, an odd integer of at most 23 bits,
// which a float holds exactly; the product is the only rounding.
inline float ToUniform(uint32_t bits, float step) {
  const int32_t odd = static_cast<int32_t>(bits >> 9) * 2 + 1 - (1 << 23);
  return static_cast<float>(odd) * step;
}

}  // namespace

uint64_t StreamFor(int64_t seed, const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const unsigned char c : name) hash = (hash ^ c) * 0x100000001b3;
  return Mix(hash ^ Mix(static_cast<uint64_t>(seed) + kGoldenGamma));
}

void FillUniform(uint64_t stream, float bound, float* data, int64_t begin, int64_t end) {
  const float step = std::ldexp(bound, -23);
  stream += kGoldenGamma * static_cast<uint64_t>(begin / 2);
  int64_t i = begin;
  for (; i + 1 < end; i += 2) {
    const uint64_t z = Mix(stream += kGoldenGamma);
    data[i] = ToUniform(static_cast<uint32_t>(z), step);
    data[i + 1] = ToUniform(static_cast<uint32_t>(z >> 32), step);
  }
  if (i < end) data[i] = ToUniform(static_cast<uint32_t>(Mix(stream + kGoldenGamma)), step);
}

float UniformBound(double gain, int64_t fan_in) {
  return static_cast<float>(gain * std::sqrt(3.0 / static_cast<double>(fan_in)));
}

}  // namespace edgebench::worker::zoo
