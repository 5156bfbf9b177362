// What the measuring loop costs: a workload of 1 ms, timed by it and by a bare loop in turns; the
// time that an empty inference seems to take; and what it allocates while it takes samples.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/worker/measure.h"
#include "common/clock.h"
#include "common/stats.h"
#include "tests/bench/row.h"

namespace {

std::atomic<int64_t> allocations = 0;

}  // namespace

// Counted, and otherwise what they are.
void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace edgebench::bench {
namespace {

constexpr int kPairs = 200;
constexpr int kCallsInBlock = 20;
constexpr double kRatioGoal = 0.001;
constexpr double kCostGoal = 100;  // ns

// So many rounds of arithmetic that depend on each other: its time does not depend on memory.
uint64_t Work(int64_t rounds) {
  uint64_t state = 88172645463325252U;
  for (int64_t i = 0; i < rounds; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

volatile uint64_t sink;

// A runner that only runs: what the measuring loop does not need is refused.
class BareRunner : public worker::ModelRunner {
 public:
  absl::Status Prepare(const v1::WorkerRequest::RunJob&, worker::JobObserver&,
                       v1::JobResult&) override {
    return Refused();
  }
  absl::StatusOr<std::unique_ptr<worker::InferenceStream>> NewStream() override {
    return Refused();
  }
  absl::Status Profile(const worker::ProfileOptions&, Clock&, worker::JobObserver&,
                       v1::JobResult&) override {
    return Refused();
  }
  absl::Status MeasurePeaks(const v1::WorkerRequest::RunJob&, Clock&, worker::JobObserver&,
                            v1::JobResult&) override {
    return Refused();
  }
  absl::Status Save(const std::string&) override { return Refused(); }

 private:
  static absl::Status Refused() { return absl::UnimplementedError("there is no model"); }
};

class Workload final : public BareRunner {
 public:
  explicit Workload(int64_t rounds) : rounds_(rounds) {}
  absl::Status RunOnce() override {
    sink = Work(rounds_);
    return absl::OkStatus();
  }

 private:
  const int64_t rounds_;
};

// In nanoseconds, each call by itself.
std::vector<int64_t> BareLoop(int64_t rounds, int calls) {
  std::vector<int64_t> samples(static_cast<size_t>(calls));
  for (int64_t& sample : samples) {
    const auto before = std::chrono::steady_clock::now();
    sink = Work(rounds);
    sample = std::chrono::nanoseconds(std::chrono::steady_clock::now() - before).count();
  }
  return samples;
}

std::vector<int64_t> ByTheHarness(worker::ModelRunner& runner, Clock& clock, int calls) {
  worker::MeasureOptions options;
  options.fixed_samples = calls;
  return worker::Measure(runner, clock, options, [](const v1::Progress&) {})->samples_ns;
}

int64_t RoundsOfAMillisecond() {
  int64_t rounds = 1000;
  while (*Median(BareLoop(rounds, 9)) < 1e6) rounds += rounds / 8;
  return rounds;
}

void ShowRatio(Clock& clock) {
  const int64_t rounds = RoundsOfAMillisecond();
  Workload same(rounds);
  std::vector<int64_t> ratios;  // in millionths
  for (int pair = 0; pair < kPairs; ++pair) {
    double bare = 0;
    if (pair % 2 == 0) bare = *Median(BareLoop(rounds, kCallsInBlock));
    const double measured = *Median(ByTheHarness(same, clock, kCallsInBlock));
    if (pair % 2 == 1) bare = *Median(BareLoop(rounds, kCallsInBlock));
    ratios.push_back(std::llround(1e6 * measured / bare));
  }
  const double ratio = *Median(ratios) / 1e6;
  const Interval interval = *MedianConfidenceInterval(ratios);
  PrintRow("median by the measuring loop against a bare loop, 1 ms",
           absl::StrFormat("%.5f (%.5f to %.5f)", ratio, static_cast<double>(interval.low) / 1e6,
                           static_cast<double>(interval.high) / 1e6),
           absl::StrFormat("at most %.3f", 1 + kRatioGoal), ratio <= 1 + kRatioGoal);
}

// What happens between the first and the last inference of a measurement.
class Probe final : public BareRunner {
 public:
  explicit Probe(Clock& clock) : clock_(clock) {}
  absl::Status RunOnce() override {
    if (++calls_ == 1) {
      first_ns_ = clock_.NowNanos();
      first_allocations_ = allocations;
    } else if (calls_ == kCalls) {
      last_ns_ = clock_.NowNanos();
      last_allocations_ = allocations;
    }
    return absl::OkStatus();
  }

  static constexpr int kCalls = 100'000;
  double nanos_per_call() const { return static_cast<double>(last_ns_ - first_ns_) / (kCalls - 1); }
  int64_t new_allocations() const { return last_allocations_ - first_allocations_; }

 private:
  Clock& clock_;
  int calls_ = 0;
  int64_t first_ns_ = 0, last_ns_ = 0, first_allocations_ = 0, last_allocations_ = 0;
};

// All that the loop does around an inference that does nothing.
void ShowCost(Clock& clock) {
  Probe probe(clock);
  const std::vector<int64_t> samples = ByTheHarness(probe, clock, Probe::kCalls);
  PrintRow("time of the measuring loop for each sample",
           absl::StrFormat("%.0f ns, of which %.0f within the sample", probe.nanos_per_call(),
                           *Median(samples)),
           absl::StrFormat("less than %.0f ns", kCostGoal), probe.nanos_per_call() < kCostGoal);
  PrintRow(absl::StrFormat("allocations from the first to the last of %d samples", Probe::kCalls),
           absl::StrFormat("%d", probe.new_allocations()), "none", probe.new_allocations() == 0);
}

}  // namespace
}  // namespace edgebench::bench

int main() {
  edgebench::RealClock clock;
  edgebench::bench::ShowRatio(clock);
  edgebench::bench::ShowCost(clock);
  return EXIT_SUCCESS;
}
