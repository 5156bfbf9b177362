#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace edgebench {

// What --k may ask of a job. Daemon and controller refuse more beforehand.
inline constexpr int kMaxFixedSamples = 1'000'000;

// Statistics of latency samples: pure functions, nothing is dropped. Where a
// figure needs more samples than there are, it is nullopt.

// Arithmetic mean. Needs 1 sample.
std::optional<double> Mean(const std::vector<int64_t>& samples);

// Sample standard deviation, divisor n - 1, by Welford's method. Needs 2.
std::optional<double> StandardDeviation(const std::vector<int64_t>& samples);

// Middle value; the mean of the middle two for an even count. Needs 1.
std::optional<double> Median(std::vector<int64_t> samples);

// Quantile by linear interpolation between order statistics (Hyndman and Fan
// 1996, type 7). q in [0, 1]. Needs 1 sample.
std::optional<double> Quantile(std::vector<int64_t> samples, double q);

struct Interval {
  int64_t low = 0;
  int64_t high = 0;
};

// Distribution-free confidence interval of the median from order statistics:
// the narrowest symmetric pair (x_(r), x_(n+1-r)) whose exact binomial
// coverage 1 - 2 P(Bin(n, 1/2) < r) is at least `confidence`. David and
// Nagaraja, Order Statistics, 3rd ed., section 7.1. At 0.95 needs 6 samples.
std::optional<Interval> MedianConfidenceInterval(std::vector<int64_t> samples,
                                                 double confidence = 0.95);

// Integrated autocorrelation time of the series 1{sample > median}, in samples and at
// least 1: how many samples of the series tell as much of the median as one independent
// sample does. Geyer's initial monotone sequence estimator (Practical Markov Chain Monte
// Carlo, Statistical Science 7(4), 1992, section 3.3) over lags up to a third of the
// series, of which more than 4096 samples are taken in blocks. 1 below 6 samples. `samples` in the
// order they were taken.
double MedianAutocorrelationTime(const std::vector<int64_t>& samples);

// MedianConfidenceInterval of samples that depend on those before them: the ranks move
// away from the middle by the root of MedianAutocorrelationTime, which the variance of a
// sample median grows by (Heidelberger and Lewis, Quantile Estimation in Dependent
// Sequences, Operations Research 32(1), 1984); at most to the smallest and the largest
// sample. Equal to it for independent samples. `samples` in the order they were taken.
std::optional<Interval> SeriesMedianInterval(const std::vector<int64_t>& samples,
                                             double confidence = 0.95);

// Samples needed to state p90 and p99 with confidence; see docs/measuring.md.
inline constexpr int kMinSamplesP90 = 64;
inline constexpr int kMinSamplesP99 = 662;

struct LatencySummary {
  int64_t samples = 0;
  // Fresh processes they are from. Of one, the interval knows nothing of what differs from
  // process to process.
  int processes = 0;
  std::optional<double> median_ns, mean_ns, stddev_ns, p90_ns, p99_ns;
  std::optional<int64_t> min_ns;
  std::optional<Interval> ci95_ns;  // of the median
  // Half the interval's width over the median.
  std::optional<double> relative_ci;
};

// Of one process, in the order they were taken. p90 and p99 are stated only from the sample
// counts above on; the interval is SeriesMedianInterval. For several processes:
// common/process_stats.h.
LatencySummary Summarize(const std::vector<int64_t>& samples);

}  // namespace edgebench
