// Whether the intervals mean what they say: simulated noise goes through the worker's own
// measuring loop, with the default budget of a cell, and through the statistics of `bench` and
// `compare`. Prints how often the interval of the median holds the true one, how often two
// measurements of the same are called different, and how often a true difference is found.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/fake_runner.h"
#include "agent/worker/measure.h"
#include "common/clock.h"
#include "common/process_stats.h"
#include "tests/bench/noise.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr int kProcesses = 3;
constexpr int kCells = 1000;
constexpr double kTypicalNanos = 10e6;
constexpr double kCoverageGoal = 0.93;
constexpr double kFalseGoal = 0.05;
constexpr double kPowerGoal = 0.80;
constexpr double kDifference = 1.05;

// What `bench` does by default with a model of 10 ms.
ProcessSamples MeasureCell(const Noise& noise, double scale, std::mt19937_64& random) {
  worker::MeasureOptions options;
  options.max_time = absl::Seconds(10) / kProcesses;
  ProcessSamples processes;
  for (int i = 0; i < kProcesses; ++i) {
    FakeClock clock;
    worker::FakeScript script;
    script.duration = [series = noise.begin(random), scale](int) {
      return absl::Nanoseconds(std::max(series() * scale * kTypicalNanos, 1.0));
    };
    worker::FakeRunner runner(clock, script);
    const auto measurement = worker::Measure(runner, clock, options, [](const v1::Progress&) {});
    processes.push_back(measurement->samples_ns);
  }
  return processes;
}

double TrueMedian(const Noise& noise, std::mt19937_64& random) {
  std::vector<int64_t> samples;
  for (int process = 0; process < 4000; ++process) {
    const NoiseSeries series = noise.begin(random);
    for (int i = 0; i < 50; ++i) samples.push_back(static_cast<int64_t>(series() * kTypicalNanos));
  }
  return *Median(std::move(samples));
}

std::string ShareText(int count, int of) {
  const double share = static_cast<double>(count) / of;
  const double error = 1.96 * std::sqrt(share * (1 - share) / of);
  return absl::StrFormat("%.1f %% ± %.1f", 100 * share, 100 * error);
}

void ShowCoverage(const Noise& noise, std::mt19937_64& random) {
  const double truth = TrueMedian(noise, random);
  int covered = 0;
  std::vector<int64_t> widths;  // in millionths of the median
  for (int i = 0; i < kCells; ++i) {
    const LatencySummary summary = SummarizeProcesses(MeasureCell(noise, 1, random));
    const bool covers = static_cast<double>(summary.ci95_ns->low) <= truth &&
                        truth <= static_cast<double>(summary.ci95_ns->high);
    covered += covers ? 1 : 0;
    widths.push_back(std::llround(1e6 * *summary.relative_ci));
  }
  PrintRow(absl::StrCat("interval holds the true median, ", noise.name),
           absl::StrFormat("%s of cells, ±%.1f %% wide", ShareText(covered, kCells),
                           *Median(widths) / 1e4),
           absl::StrFormat("at least %.0f %%", 100 * kCoverageGoal),
           covered >= kCoverageGoal * kCells);
}

// How many of kCells pairs, of which one takes `ratio` times as long, are told apart.
int ToldApart(const Noise& noise, double ratio, std::mt19937_64& random) {
  int told = 0;
  for (int i = 0; i < kCells; ++i) {
    const ProcessSamples one = MeasureCell(noise, 1, random);
    const auto estimate = CompareMedians(MeasureCell(noise, ratio, random), one, 0.95);
    told += *estimate->low > 1 || *estimate->high < 1 ? 1 : 0;
  }
  return told;
}

void ShowFalseDifferences(const Noise& noise, std::mt19937_64& random) {
  const int told = ToldApart(noise, 1, random);
  PrintRow(absl::StrCat("the same called different, ", noise.name),
           absl::StrCat(ShareText(told, kCells), " of pairs"),
           absl::StrFormat("at most %.0f %%", 100 * kFalseGoal), told <= kFalseGoal * kCells);
}

void Main() {
  std::mt19937_64 random(1);
  const Noise plain = NormalNoise(0.05, 0);
  const std::vector<Noise> kinds = {plain,
                                    NormalNoise(0.05, 0.02),
                                    HeavyTailedNoise(),
                                    BimodalNoise(0.7),
                                    BimodalNoise(0.5),
                                    DriftingNoise(),
                                    WaveNoise(),
                                    AutocorrelatedNoise(0.9),
                                    AutocorrelatedNoise(0.98)};
  for (const Noise& noise : kinds) ShowCoverage(noise, random);
  for (const Noise& noise : kinds) ShowFalseDifferences(noise, random);
  const int found = ToldApart(plain, kDifference, random);
  PrintRow(absl::StrCat("a difference of 5 % found, ", plain.name),
           absl::StrCat(ShareText(found, kCells), " of pairs"),
           absl::StrFormat("at least %.0f %%", 100 * kPowerGoal), found >= kPowerGoal * kCells);
}

}  // namespace
}  // namespace edgebench::bench

int main() {
  edgebench::bench::Main();
  return EXIT_SUCCESS;
}
