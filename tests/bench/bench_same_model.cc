// Compares a model with itself: of the processes of each measurement in a database, six in a
// row are a pair of cells with three processes each that took turns. Prints how many pairs are
// called different, and how wide the intervals of their ratios are.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/process_stats.h"
#include "db/result_store.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr size_t kProcesses = 3;
constexpr double kGoal = 0.05;

struct Pair {
  ProcessSamples one, other;
};

// Of two processes that followed each other, chance decides which cell each is of, as the order
// of a round does.
std::vector<Pair> PairsOf(const ProcessSamples& processes) {
  std::mt19937_64 random(1);
  std::vector<Pair> pairs;
  for (size_t first = 0; first + 2 * kProcesses <= processes.size(); first += 2 * kProcesses) {
    Pair pair;
    for (size_t round = 0; round < kProcesses; ++round) {
      const size_t swapped = random() % 2;
      pair.one.push_back(processes[first + 2 * round + swapped]);
      pair.other.push_back(processes[first + 2 * round + 1 - swapped]);
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

void Show(const std::vector<Pair>& pairs) {
  int different = 0;
  std::vector<int64_t> widths;  // in millionths
  for (const Pair& pair : pairs) {
    const auto estimate = CompareMedians(pair.one, pair.other, 0.95);
    if (!estimate || !estimate->low) continue;
    different += *estimate->low > 1 || *estimate->high < 1 ? 1 : 0;
    widths.push_back(std::llround(1e6 * (*estimate->high - *estimate->low) / 2));
  }
  const auto of = static_cast<double>(pairs.size());
  PrintRow("a model called different from itself",
           absl::StrFormat("%d of %d pairs, %.1f %%; intervals ±%.1f %%", different, pairs.size(),
                           100 * different / of, Median(widths).value_or(0) / 1e4),
           absl::StrFormat("at most %.0f %%", 100 * kGoal), different <= kGoal * of);
}

absl::Status Main(const char* database) {
  const auto store = db::ResultStore::Open(database);
  if (!store.ok()) return store.status();
  const auto measurements = (*store)->Measurements({});
  if (!measurements.ok()) return measurements.status();
  std::vector<Pair> pairs;
  for (const db::Measurement& measurement : *measurements)
    for (Pair& pair : PairsOf(measurement.processes)) pairs.push_back(std::move(pair));
  Show(pairs);
  return absl::OkStatus();
}

}  // namespace
}  // namespace edgebench::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_same_model DATABASE\n");
    return EXIT_FAILURE;
  }
  if (const absl::Status status = edgebench::bench::Main(argv[1]); !status.ok()) {
    std::fprintf(stderr, "bench_same_model: %s\n", status.ToString().c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
