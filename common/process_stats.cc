#include "common/process_stats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/distributions.h"

namespace edgebench {
namespace {

std::vector<int64_t> Together(const ProcessSamples& processes) {
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& samples : processes)
    all.insert(all.end(), samples.begin(), samples.end());
  return all;
}

// The mean of the logarithms of the processes' medians, and what is known of its error.
struct ProcessMean {
  double mean = 0;
  double variance = 0;  // of the mean
  double degrees_of_freedom = 0;
};

// nullopt below two processes, or where a median is not above 0.
std::optional<ProcessMean> MeanOfProcesses(const ProcessSamples& processes) {
  std::vector<double> logs;
  for (const std::vector<int64_t>& samples : processes) {
    const std::optional<double> median = Median(samples);
    if (!median) continue;
    if (!(*median > 0)) return std::nullopt;
    logs.push_back(std::log(*median));
  }
  if (logs.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(logs.size());
  ProcessMean result;
  for (const double value : logs) result.mean += value / count;
  for (const double value : logs)
    result.variance += (value - result.mean) * (value - result.mean) / (count - 1) / count;
  result.degrees_of_freedom = count - 1;
  return result;
}

struct LogInterval {
  double low = 0;
  double high = 0;
};

LogInterval Hull(const LogInterval& a, const LogInterval& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

LogInterval TInterval(double middle, double variance, double degrees_of_freedom,
                      double confidence) {
  const double half = variance > 0 ? StudentTQuantile((1 + confidence) / 2, degrees_of_freedom) *
                                         std::sqrt(variance)
                                   : 0;
  return {middle - half, middle + half};
}

// Of the difference a - b.
LogInterval WelchInterval(const ProcessMean& a, const ProcessMean& b, double confidence) {
  const double variance = a.variance + b.variance;
  double degrees_of_freedom = a.degrees_of_freedom + b.degrees_of_freedom;
  if (variance > 0) {
    degrees_of_freedom = variance * variance /
                         (a.variance * a.variance / a.degrees_of_freedom +
                          b.variance * b.variance / b.degrees_of_freedom);
  }
  return TInterval(a.mean - b.mean, variance, degrees_of_freedom, confidence);
}

// What all samples of one side say of its median.
struct LogMedian {
  double plain = 0;  // the median itself
  double median = 0;
  std::optional<LogInterval> interval;
};

std::optional<LogMedian> LogMedianOf(const std::vector<int64_t>& samples, double confidence) {
  const std::optional<double> median = Median(samples);
  if (!median || !(*median > 0)) return std::nullopt;
  LogMedian result{*median, std::log(*median), std::nullopt};
  const std::optional<Interval> interval = SeriesMedianInterval(samples, confidence);
  if (interval && interval->low > 0) {
    result.interval = {std::log(static_cast<double>(interval->low)),
                       std::log(static_cast<double>(interval->high))};
  }
  return result;
}

// Of the difference a - b, from an interval of each.
LogInterval RecoveredInterval(const LogMedian& a, const LogMedian& b) {
  const double difference = a.median - b.median;
  return {difference - std::hypot(a.median - a.interval->low, b.interval->high - b.median),
          difference + std::hypot(a.interval->high - a.median, b.median - b.interval->low)};
}

int CountOf(const ProcessSamples& processes) {
  return static_cast<int>(std::count_if(processes.begin(), processes.end(),
                                        [](const auto& samples) { return !samples.empty(); }));
}

}  // namespace

LatencySummary SummarizeProcesses(const ProcessSamples& processes) {
  LatencySummary summary = Summarize(Together(processes));
  summary.processes = CountOf(processes);
  const std::optional<ProcessMean> mean = MeanOfProcesses(processes);
  if (!mean || !summary.ci95_ns) return summary;
  const LogInterval t = TInterval(mean->mean, mean->variance, mean->degrees_of_freedom, 0.95);
  Interval& interval = *summary.ci95_ns;
  interval.low = std::min(interval.low, static_cast<int64_t>(std::floor(std::exp(t.low))));
  // So wide an interval says that nothing is known.
  constexpr double kLargest = 9e18;
  interval.high = std::max(interval.high,
                           static_cast<int64_t>(std::ceil(std::min(std::exp(t.high), kLargest))));
  const double width = static_cast<double>(interval.high) - static_cast<double>(interval.low);
  if (*summary.median_ns > 0) summary.relative_ci = width / 2 / *summary.median_ns;
  return summary;
}

std::optional<RatioEstimate> CompareMedians(const ProcessSamples& numerator,
                                            const ProcessSamples& denominator, double confidence) {
  const std::optional<LogMedian> a = LogMedianOf(Together(numerator), confidence);
  const std::optional<LogMedian> b = LogMedianOf(Together(denominator), confidence);
  if (!a || !b) return std::nullopt;
  RatioEstimate estimate;
  estimate.ratio = a->plain / b->plain;
  if (!a->interval || !b->interval) return estimate;
  LogInterval interval = RecoveredInterval(*a, *b);
  const std::optional<ProcessMean> a_mean = MeanOfProcesses(numerator);
  const std::optional<ProcessMean> b_mean = MeanOfProcesses(denominator);
  estimate.knows_processes = a_mean && b_mean;
  if (estimate.knows_processes)
    interval = Hull(interval, WelchInterval(*a_mean, *b_mean, confidence));
  estimate.low = std::exp(interval.low);
  estimate.high = std::exp(interval.high);
  return estimate;
}

double ConfidenceOfEach(double together, int comparisons) {
  return 1 - (1 - together) / comparisons;
}

}  // namespace edgebench
