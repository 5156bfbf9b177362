#include "agent/worker/throughput.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/distributions.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr size_t kBatches = 20;
constexpr size_t kFewestEventsInBatch = 2;

struct Inference {
  int64_t end_ns = 0;
  int64_t duration_ns = 0;
};

std::vector<Inference> EndedWithin(const std::vector<std::vector<Inference>>& of_streams,
                                   int64_t from_ns, int64_t to_ns) {
  std::vector<Inference> within;
  for (const std::vector<Inference>& inferences : of_streams) {
    std::copy_if(inferences.begin(), inferences.end(), std::back_inserter(within),
                 [&](const Inference& i) { return i.end_ns >= from_ns && i.end_ns < to_ns; });
  }
  std::sort(within.begin(), within.end(),
            [](const Inference& a, const Inference& b) { return a.end_ns < b.end_ns; });
  return within;
}

}  // namespace

Rate RateWithin(const std::vector<int64_t>& times_ns, int64_t from_ns, int64_t to_ns) {
  Rate rate;
  const auto window = static_cast<double>(to_ns - from_ns);
  if (window <= 0) return rate;
  std::array<double, kBatches> counts{};
  size_t events = 0;
  for (const int64_t time : times_ns) {
    if (time < from_ns || time >= to_ns) continue;
    const double share = static_cast<double>(time - from_ns) / window;
    ++counts[std::min(static_cast<size_t>(share * kBatches), kBatches - 1)];
    ++events;
  }
  constexpr double kNanosPerSecond = 1e9;
  rate.per_second = static_cast<double>(events) * kNanosPerSecond / window;
  if (events < kBatches * kFewestEventsInBatch) return rate;
  const double mean = static_cast<double>(events) / kBatches;
  double squares = 0;
  for (const double count : counts) squares += (count - mean) * (count - mean);
  const double error_of_mean = std::sqrt(squares / (kBatches - 1) / kBatches);
  const double half = StudentTQuantile(0.975, kBatches - 1) * error_of_mean / mean;
  rate.low = rate.per_second * (1 - half);
  rate.high = rate.per_second * (1 + half);
  return rate;
}

absl::StatusOr<ThroughputMeasurement> MeasureThroughput(
    const InferenceStreams& streams, Clock& clock, absl::Duration duration,
    const std::function<void(double)>& progress) {
  const int64_t start_ns = clock.NowNanos();
  const int64_t length_ns = absl::ToInt64Nanoseconds(duration);
  const int64_t from_ns = start_ns + length_ns / 10;
  const int64_t to_ns = start_ns + length_ns;
  std::vector<std::vector<Inference>> of_streams(streams.size());
  const auto run = [&](size_t index, InferenceStream& stream,
                       const std::atomic<bool>& stop) -> absl::Status {
    std::vector<Inference>& inferences = of_streams[index];
    int64_t now_ns = clock.NowNanos();
    while (now_ns < to_ns && !stop) {
      const int64_t before_ns = now_ns;
      EDGEBENCH_RETURN_IF_ERROR(stream.RunOnce());
      now_ns = clock.NowNanos();
      inferences.push_back({now_ns, now_ns - before_ns});
    }
    return absl::OkStatus();
  };
  EDGEBENCH_RETURN_IF_ERROR(RunStreams(streams, run, [&] {
    progress(static_cast<double>(clock.NowNanos() - start_ns) / static_cast<double>(length_ns));
  }));
  ThroughputMeasurement measurement;
  measurement.window = absl::Nanoseconds(to_ns - from_ns);
  std::vector<int64_t> times;
  for (const Inference& inference : EndedWithin(of_streams, from_ns, to_ns)) {
    times.push_back(inference.end_ns);
    measurement.latencies_ns.push_back(inference.duration_ns);
  }
  measurement.inferences = static_cast<int64_t>(times.size());
  measurement.rate = RateWithin(times, from_ns, to_ns);
  return measurement;
}

}  // namespace edgebench::worker
