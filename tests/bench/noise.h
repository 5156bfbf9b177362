#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace edgebench::bench {

// Latencies of one process, one after the other, in units of what is typical.
using NoiseSeries = std::function<double()>;

// A kind of noise: each call begins another process.
struct Noise {
  std::string name;
  std::function<NoiseSeries(std::mt19937_64&)> begin;
};

// Independent samples with a coefficient of variation; processes differ by another one.
Noise NormalNoise(double variation, double between_processes);
// Half a Student's t with 1.5 degrees of freedom: no variance.
Noise HeavyTailedNoise();
// Two states a fifth apart, the lower one with this probability.
Noise BimodalNoise(double low);
// A mean that wanders slowly (Ornstein-Uhlenbeck), from a start of its own in each process.
Noise DriftingNoise();
// A slow wave of 3 % either way, of which each process meets another part.
Noise WaveNoise();
// First-order autoregressive, with this correlation of neighbours.
Noise AutocorrelatedNoise(double correlation);

}  // namespace edgebench::bench
