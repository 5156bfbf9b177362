// How far sampling the device shifts the median latency of what runs on all its processors.
//
// A sample is a millisecond of arithmetic on each processor, at whose end all wait for the
// slowest, as the threads of an operator do. Blocks with and without a sampler alternate, each
// going first in half of the pairs, so that drift of the machine hits both alike; the figure is
// the median of the pairs' ratios of medians.
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/telemetry/device_channels.h"
#include "agent/telemetry/recorder.h"
#include "agent/telemetry/sampler.h"
#include "common/clock.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr int kPairs = 40;
constexpr absl::Duration kBlockTime = absl::Milliseconds(500);
constexpr absl::Duration kPeriod = absl::Milliseconds(100);
constexpr int64_t kSampleNanos = 1'000'000;
constexpr double kGoal = 0.005;
// Ratios are kept as whole numbers, for the statistics of samples.
constexpr double kScale = 1e6;

// Arithmetic that nothing can be left out of; the result keeps the compiler honest.
double Compute(int64_t steps) {
  double value = 1;
  for (int64_t i = 0; i < steps; ++i) value = value * 1.000000001 + 1e-9;
  return value;
}

// Runs the same work on every processor, sample by sample.
class Crew {
 public:
  Crew(int threads, int64_t steps) : steps_(steps), begin_(threads + 1), end_(threads + 1) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Crew() {
    done_ = true;
    begin_.arrive_and_wait();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void RunSample() {
    begin_.arrive_and_wait();
    end_.arrive_and_wait();
  }

 private:
  void Work() {
    while (true) {
      begin_.arrive_and_wait();
      if (done_) return;
      volatile double result = Compute(steps_);
      static_cast<void>(result);
      end_.arrive_and_wait();
    }
  }

  const int64_t steps_;
  bool done_ = false;  // ordered by begin_
  std::barrier<> begin_, end_;
  std::vector<std::thread> threads_;
};

// By the quickest of many trials: others may run in between.
int64_t StepsOfASample(Clock& clock) {
  constexpr int64_t kTrialSteps = 100'000;
  constexpr int kTrials = 100;
  int64_t quickest = std::numeric_limits<int64_t>::max();
  for (int trial = 0; trial < kTrials; ++trial) {
    const int64_t start = clock.NowNanos();
    volatile double result = Compute(kTrialSteps);
    static_cast<void>(result);
    quickest = std::min(quickest, clock.NowNanos() - start);
  }
  return kTrialSteps * kSampleNanos / std::max<int64_t>(1, quickest);
}

double MedianOfBlock(Crew& crew, Clock& clock) {
  std::vector<int64_t> samples;
  const int64_t end = clock.NowNanos() + absl::ToInt64Nanoseconds(kBlockTime);
  for (int64_t now = clock.NowNanos(); now < end;) {
    const int64_t start = now;
    crew.RunSample();
    now = clock.NowNanos();
    samples.push_back(now - start);
  }
  return Median(samples).value_or(0);
}

double MedianWhileSampled(Crew& crew, Clock& clock) {
  agent::Sampler sampler(agent::DeviceChannels("", getpid()), clock, kPeriod);
  return MedianOfBlock(crew, clock);
}

void ReportCostOfARow(Clock& clock) {
  agent::Recorder recorder(agent::DeviceChannels("", getpid()), clock.NowNanos(), 1);
  constexpr int kRows = 1000;
  std::vector<int64_t> costs;
  for (int i = 0; i < kRows; ++i) {
    const int64_t start = clock.NowNanos();
    recorder.AddRow(start);
    costs.push_back(clock.NowNanos() - start);
  }
  const double cost = Median(costs).value_or(0);
  const double share = cost / static_cast<double>(absl::ToInt64Nanoseconds(kPeriod));
  PrintRow("telemetry at 10 Hz takes of one processor",
           absl::StrFormat("%.3f %% (%s a row)", 100 * share, FormatNanos(cost)),
           absl::StrFormat("at most %.1f %%", 100 * kGoal), share <= kGoal);
}

void Run() {
  RealClock clock;
  ReportCostOfARow(clock);
  const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  Crew crew(threads, StepsOfASample(clock));
  MedianOfBlock(crew, clock);  // clocks settle
  std::vector<int64_t> ratios;
  double without = 0;
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool without_first = pair % 2 == 0;
    if (without_first) without = MedianOfBlock(crew, clock);
    const double with = MedianWhileSampled(crew, clock);
    if (!without_first) without = MedianOfBlock(crew, clock);
    ratios.push_back(std::llround(kScale * with / without));
  }
  const double difference = Median(ratios).value_or(0) / kScale - 1;
  const Interval interval = MedianConfidenceInterval(ratios).value_or(Interval{});
  PrintRow(
      absl::StrFormat("median latency while telemetry is sampled at 10 Hz, %d threads", threads),
      absl::StrFormat("%+.2f %% (%+.2f to %+.2f) of %s", 100 * difference,
                      100 * (static_cast<double>(interval.low) / kScale - 1),
                      100 * (static_cast<double>(interval.high) / kScale - 1),
                      FormatNanos(without)),
      absl::StrFormat("at most %+.1f %%", 100 * kGoal), difference <= kGoal);
}

}  // namespace
}  // namespace edgebench::bench

int main() {
  edgebench::bench::Run();
  return EXIT_SUCCESS;
}
