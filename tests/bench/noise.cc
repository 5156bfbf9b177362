#include "tests/bench/noise.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace edgebench::bench {
namespace {

double Normal(std::mt19937_64& random) { return std::normal_distribution<double>()(random); }

// First-order autoregression with standard deviation 1, begun in its steady state.
NoiseSeries Autoregression(double correlation, std::mt19937_64& random) {
  const double innovation = std::sqrt(1 - correlation * correlation);
  return [correlation, innovation, &random, state = Normal(random)]() mutable {
    state = correlation * state + innovation * Normal(random);
    return state;
  };
}

}  // namespace

Noise NormalNoise(double variation, double between_processes) {
  const std::string name = between_processes > 0
                               ? absl::StrFormat("normal, variation %.0f %%, processes %.0f %%",
                                                 100 * variation, 100 * between_processes)
                               : absl::StrFormat("normal, variation %.0f %%", 100 * variation);
  return {name, [=](std::mt19937_64& random) -> NoiseSeries {
            const double level = std::exp(between_processes * Normal(random));
            return [=, &random] { return level * (1 + variation * Normal(random)); };
          }};
}

Noise HeavyTailedNoise() {
  return {"heavy tails", [](std::mt19937_64& random) -> NoiseSeries {
            return [&random] {
              return 1 + 0.02 * std::abs(std::student_t_distribution<double>(1.5)(random));
            };
          }};
}

Noise BimodalNoise(double low) {
  return {absl::StrFormat("two states, %.0f : %.0f", 100 * low, 100 * (1 - low)),
          [=](std::mt19937_64& random) -> NoiseSeries {
            return [=, &random] {
              const bool is_low = std::bernoulli_distribution(low)(random);
              return (is_low ? 1 : 1.2) * (1 + 0.01 * Normal(random));
            };
          }};
}

Noise DriftingNoise() {
  return {"slow drift", [](std::mt19937_64& random) -> NoiseSeries {
            return [mean = Autoregression(0.997, random), &random] {
              return 1 + 0.02 * mean() + 0.01 * Normal(random);
            };
          }};
}

Noise WaveNoise() {
  return {"slow wave, 3 % either way", [](std::mt19937_64& random) -> NoiseSeries {
            const double phase = std::uniform_real_distribution<double>(0, 2 * M_PI)(random);
            const double period = std::uniform_real_distribution<double>(800, 2400)(random);
            return [=, &random, step = 0]() mutable {
              return 1 + 0.03 * std::sin(phase + 2 * M_PI * step++ / period) +
                     0.01 * Normal(random);
            };
          }};
}

Noise AutocorrelatedNoise(double correlation) {
  return {absl::StrFormat("autocorrelated, %.2f", correlation),
          [=](std::mt19937_64& random) -> NoiseSeries {
            return [series = Autoregression(correlation, random)] { return 1 + 0.03 * series(); };
          }};
}

}  // namespace edgebench::bench
