#include "agent/worker/server_scenario.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <utility>

#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr double kLateShare = 0.01;
constexpr double kError = 0.05;
constexpr double kCloseEnough = 1.05;  // the ratio of the rates at the end
constexpr double kStep = 1.5;          // of the rate while only one side is known
constexpr int kMostSteps = 16;         // a rate 650 times as high or low as the first

struct Trial {
  std::vector<int64_t> latencies_ns;  // of the queries that were answered
  int64_t overruns = 0;
  bool complete = false;  // all were answered
};

class Server {
 public:
  Server(const InferenceStreams& streams, Clock& clock, const ServerOptions& options)
      : streams_(streams),
        clock_(clock),
        options_(options),
        end_ns_(clock.NowNanos() + absl::ToInt64Nanoseconds(options.max_time)) {}

  bool TimeIsOver() const { return clock_.NowNanos() >= end_ns_; }

  // nullopt where the time was over before the trial could tell whether the rate holds.
  absl::StatusOr<std::optional<Trial>> Run(double rate, uint64_t seed, int64_t allowed) {
    const std::vector<int64_t> arrivals = PoissonArrivals(rate, options_.queries, seed);
    const int64_t bound_ns = absl::ToInt64Nanoseconds(options_.latency_bound);
    const int64_t start_ns = clock_.NowNanos();
    std::atomic<size_t> next = 0;
    std::atomic<int64_t> overruns = 0;
    std::vector<std::vector<int64_t>> latencies(streams_.size());
    const auto serve = [&](size_t index, InferenceStream& stream,
                           const std::atomic<bool>& stop) -> absl::Status {
      while (!stop && overruns <= allowed) {
        const size_t query = next++;
        if (query >= arrivals.size()) break;
        const int64_t arrival_ns = start_ns + arrivals[query];
        options_.wait_until(std::min(arrival_ns, end_ns_));
        if (TimeIsOver()) break;
        EDGEBENCH_RETURN_IF_ERROR(stream.RunOnce());
        const int64_t latency_ns = clock_.NowNanos() - arrival_ns;
        latencies[index].push_back(latency_ns);
        if (latency_ns > bound_ns) ++overruns;
      }
      return absl::OkStatus();
    };
    EDGEBENCH_RETURN_IF_ERROR(RunStreams(streams_, serve, [] {}));
    Trial trial;
    for (const auto& of_stream : latencies)
      trial.latencies_ns.insert(trial.latencies_ns.end(), of_stream.begin(), of_stream.end());
    trial.overruns = overruns;
    trial.complete = trial.latencies_ns.size() == arrivals.size();
    if (!trial.complete && trial.overruns <= allowed) return std::nullopt;
    return trial;
  }

 private:
  const InferenceStreams& streams_;
  Clock& clock_;
  const ServerOptions& options_;
  const int64_t end_ns_;
};

v1::ServerReport::Trial ReportOf(const Trial& trial, double rate, int64_t allowed) {
  v1::ServerReport::Trial report;
  report.set_rate_per_second(rate);
  report.set_queries(static_cast<int64_t>(trial.latencies_ns.size()));
  report.set_overruns(trial.overruns);
  report.set_held(trial.complete && trial.overruns <= allowed);
  if (const auto median = Median(trial.latencies_ns))
    report.set_median_ns(static_cast<int64_t>(*median));
  if (trial.latencies_ns.size() >= kMinSamplesP99)
    report.set_p99_ns(static_cast<int64_t>(*Quantile(trial.latencies_ns, 0.99)));
  return report;
}

// Which rate to try next; what is known to hold and not to hold is in the report.
class RateSearch {
 public:
  RateSearch(double first_rate, v1::ServerReport& report) : report_(report), rate_(first_rate) {}

  double rate() const { return rate_; }

  // False when nothing is left to try.
  bool Learn(bool holds) {
    holds ? report_.set_rate_per_second(rate_) : report_.set_failing_rate_per_second(rate_);
    if (report_.has_rate_per_second() && report_.has_failing_rate_per_second()) {
      rate_ = std::sqrt(report_.rate_per_second() * report_.failing_rate_per_second());
      return report_.failing_rate_per_second() / report_.rate_per_second() > kCloseEnough;
    }
    rate_ = holds ? rate_ * kStep : rate_ / kStep;
    return ++steps_ < kMostSteps;
  }

 private:
  v1::ServerReport& report_;
  double rate_;
  int steps_ = 0;
};

}  // namespace

std::optional<int64_t> AllowedOverruns(int64_t queries) {
  const auto trials = static_cast<double>(queries);
  double log_term = trials * std::log1p(-kLateShare);
  double cumulative = 0;
  int64_t late = 0;
  for (; late <= queries; ++late) {
    cumulative += std::exp(log_term);
    if (cumulative > kError) break;
    const auto count = static_cast<double>(late);
    log_term +=
        std::log((trials - count) / (count + 1)) + std::log(kLateShare) - std::log1p(-kLateShare);
  }
  if (late == 0) return std::nullopt;
  return late - 1;
}

std::vector<int64_t> PoissonArrivals(double rate_per_second, int count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int64_t> arrivals;
  double time_ns = 0;
  for (int i = 0; i < count; ++i) {
    // 53 bits in (0, 1]; std::exponential_distribution differs between libraries.
    const double uniform = (static_cast<double>(random() >> 11) + 1) * 0x1p-53;
    time_ns += -std::log(uniform) / rate_per_second * 1e9;
    arrivals.push_back(static_cast<int64_t>(time_ns));
  }
  return arrivals;
}

absl::StatusOr<v1::ServerReport> FindServerRate(
    const InferenceStreams& streams, Clock& clock, const ServerOptions& options,
    const std::function<void(const v1::ServerReport&)>& progress) {
  const std::optional<int64_t> allowed = AllowedOverruns(options.queries);
  if (!allowed) return absl::InternalError("too few queries in a trial");
  v1::ServerReport report;
  report.set_latency_bound_ns(absl::ToInt64Nanoseconds(options.latency_bound));
  report.set_streams(static_cast<int32_t>(streams.size()));
  Server server(streams, clock, options);
  RateSearch search(options.first_rate, report);
  uint64_t seed = options.seed;
  bool more = true;
  while (more && !server.TimeIsOver()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::optional<Trial> trial,
                               server.Run(search.rate(), seed++, *allowed));
    if (!trial) break;
    *report.add_trials() = ReportOf(*trial, search.rate(), *allowed);
    progress(report);
    more = search.Learn(report.trials().rbegin()->held());
  }
  return report;
}

}  // namespace edgebench::worker
