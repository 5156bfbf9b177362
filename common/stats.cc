#include "common/stats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace edgebench {
namespace {

// Below it there is no 95 % interval of a median.
constexpr size_t kFewestForInterval = 6;
constexpr size_t kMostBlocks = 4096;

std::optional<double> SortedMedian(const std::vector<int64_t>& sorted) {
  if (sorted.empty()) return std::nullopt;
  const size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return static_cast<double>(sorted[middle]);
  // Halved apart, so that the sum of two large samples cannot overflow.
  return static_cast<double>(sorted[middle - 1]) / 2 + static_cast<double>(sorted[middle]) / 2;
}

std::optional<double> SortedQuantile(const std::vector<int64_t>& sorted, double q) {
  if (sorted.empty() || !(q >= 0 && q <= 1)) return std::nullopt;
  const double position = q * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double low = static_cast<double>(sorted[below]);
  const double high = static_cast<double>(sorted[above]);
  return low + (position - static_cast<double>(below)) * (high - low);
}

// The largest r with 2 P(Bin(n, 1/2) < r) <= 1 - confidence; 0 when there is
// none. Each term comes from the one before, as a logarithm: 2^-n underflows
// from n = 1075 on. lgamma would do, but writes the global signgam.
size_t SymmetricRank(size_t n, double confidence) {
  const double trials = static_cast<double>(n);
  const double tail_allowed = (1 - confidence) / 2;
  double log_term = -trials * std::log(2.0);
  double tail = 0;
  size_t rank = 0;
  while (rank < (n + 1) / 2) {
    tail += std::exp(log_term);
    if (tail > tail_allowed) break;
    const double successes = static_cast<double>(rank);
    log_term += std::log((trials - successes) / (successes + 1));
    ++rank;
  }
  return rank;
}

std::optional<Interval> SortedMedianInterval(const std::vector<int64_t>& sorted,
                                             double confidence) {
  const size_t rank = SymmetricRank(sorted.size(), confidence);
  if (rank == 0) return std::nullopt;
  return Interval{sorted[rank - 1], sorted[sorted.size() - rank]};
}

// Means of as many blocks as keep the cost of autocovariances bounded, each of so many samples in a
// row; what is left over at the end is dropped.
std::vector<double> BlockMeans(const std::vector<double>& series, size_t block) {
  std::vector<double> means(series.size() / block, 0);
  for (size_t i = 0; i < means.size() * block; ++i)
    means[i / block] += series[i] / static_cast<double>(block);
  return means;
}

// Autocovariance of a centred series at a lag, divisor n.
double Autocovariance(const std::vector<double>& centred, size_t lag) {
  double sum = 0;
  for (size_t i = lag; i < centred.size(); ++i) sum += centred[i] * centred[i - lag];
  return sum / static_cast<double>(centred.size());
}

std::vector<double> CentredIndicator(const std::vector<int64_t>& samples, double median) {
  std::vector<double> series;
  series.reserve(samples.size());
  double mean = 0;
  for (const int64_t sample : samples) {
    series.push_back(static_cast<double>(sample) > median ? 1 : 0);
    mean += series.back() / static_cast<double>(samples.size());
  }
  for (double& value : series) value -= mean;
  return series;
}

std::optional<Interval> SortedSeriesInterval(const std::vector<int64_t>& sorted, double confidence,
                                             double autocorrelation_time) {
  const size_t rank = SymmetricRank(sorted.size(), confidence);
  if (rank == 0) return std::nullopt;
  const double middle = static_cast<double>(sorted.size()) / 2;
  const double distance =
      (middle - static_cast<double>(rank)) * std::sqrt(std::max(autocorrelation_time, 1.0));
  const size_t moved = distance >= middle - 1 ? 1 : static_cast<size_t>(middle - distance);
  return Interval{sorted[moved - 1], sorted[sorted.size() - moved]};
}

}  // namespace

std::optional<double> Mean(const std::vector<int64_t>& samples) {
  if (samples.empty()) return std::nullopt;
  double mean = 0;
  double count = 0;
  for (const int64_t sample : samples) {
    count += 1;
    mean += (static_cast<double>(sample) - mean) / count;
  }
  return mean;
}

std::optional<double> StandardDeviation(const std::vector<int64_t>& samples) {
  if (samples.size() < 2) return std::nullopt;
  double mean = 0;
  double squares = 0;
  double count = 0;
  for (const int64_t sample : samples) {
    count += 1;
    const double delta = static_cast<double>(sample) - mean;
    mean += delta / count;
    squares += delta * (static_cast<double>(sample) - mean);
  }
  return std::sqrt(squares / (count - 1));
}

std::optional<double> Median(std::vector<int64_t> samples) {
  std::sort(samples.begin(), samples.end());
  return SortedMedian(samples);
}

std::optional<double> Quantile(std::vector<int64_t> samples, double q) {
  std::sort(samples.begin(), samples.end());
  return SortedQuantile(samples, q);
}

std::optional<Interval> MedianConfidenceInterval(std::vector<int64_t> samples, double confidence) {
  std::sort(samples.begin(), samples.end());
  return SortedMedianInterval(samples, confidence);
}

double MedianAutocorrelationTime(const std::vector<int64_t>& samples) {
  if (samples.size() < kFewestForInterval) return 1;
  const std::vector<double> indicator = CentredIndicator(samples, *Median(samples));
  const double variance_of_one = Autocovariance(indicator, 0);
  if (!(variance_of_one > 0)) return 1;
  // Of a long series the means of blocks tell the same: their variance has what happens within
  // a block, and their autocorrelation the rest.
  const size_t block = (samples.size() + kMostBlocks - 1) / kMostBlocks;
  const std::vector<double> series = BlockMeans(indicator, block);
  const double variance = Autocovariance(series, 0);
  if (!(variance > 0)) return 1;
  // Sums of two neighbouring autocorrelations are positive and fall in a reversible chain; from
  // where they do not, the estimates are noise.
  const size_t last_lag = series.size() / 3;
  double time = -1;
  double previous = std::numeric_limits<double>::infinity();
  for (size_t lag = 0; lag + 1 < last_lag; lag += 2) {
    const double pair = (Autocovariance(series, lag) + Autocovariance(series, lag + 1)) / variance;
    if (pair <= 0) break;
    previous = std::min(previous, pair);
    time += 2 * previous;
  }
  return std::max(static_cast<double>(block) * variance / variance_of_one * std::max(time, 1.0),
                  1.0);
}

std::optional<Interval> SeriesMedianInterval(const std::vector<int64_t>& samples,
                                             double confidence) {
  std::vector<int64_t> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  return SortedSeriesInterval(sorted, confidence, MedianAutocorrelationTime(samples));
}

LatencySummary Summarize(const std::vector<int64_t>& samples) {
  std::vector<int64_t> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  LatencySummary summary;
  summary.samples = static_cast<int64_t>(sorted.size());
  if (sorted.empty()) return summary;
  summary.processes = 1;
  summary.median_ns = SortedMedian(sorted);
  summary.mean_ns = Mean(samples);
  summary.stddev_ns = StandardDeviation(samples);
  summary.min_ns = sorted.front();
  if (summary.samples >= kMinSamplesP90) summary.p90_ns = SortedQuantile(sorted, 0.90);
  if (summary.samples >= kMinSamplesP99) summary.p99_ns = SortedQuantile(sorted, 0.99);
  summary.ci95_ns = SortedSeriesInterval(sorted, 0.95, MedianAutocorrelationTime(samples));
  if (summary.ci95_ns && *summary.median_ns > 0) {
    const double width =
        static_cast<double>(summary.ci95_ns->high) - static_cast<double>(summary.ci95_ns->low);
    summary.relative_ci = width / 2 / *summary.median_ns;
  }
  return summary;
}

}  // namespace edgebench
