#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/stats.h"

namespace edgebench {

// Statistics of samples that were taken in several fresh processes. Where memory comes to
// lie, how threads are placed and what else the machine does differ from process to process,
// and no number of samples within one shows it. Pure functions; docs/measuring.md has the
// reasons and the sources.

// The samples of each process, in the order they were taken.
using ProcessSamples = std::vector<std::vector<int64_t>>;

// Processes without samples count as none.
//   median, mean, stddev, min, p90, p99   of all samples together
//   ci95   the smallest interval that holds both
//          - the t interval of the logarithms of the processes' medians, with as many degrees
//            of freedom as there are processes but one: Kalibera and Jones, Rigorous
//            Benchmarking in Reasonable Time, ISMM 2013, section 6.3, where only the highest
//            level of repetition enters; with 2 processes or more
//          - SeriesMedianInterval of all samples, one process after another
LatencySummary SummarizeProcesses(const ProcessSamples& processes);

// How many times as long the median of one set of samples is as that of another.
struct RatioEstimate {
  double ratio = 0;                 // of the medians of all samples
  std::optional<double> low, high;  // nullopt where a side has fewer than 6 samples
  // Both sides have several processes, so that the interval knows how they vary.
  bool knows_processes = false;
};

// median(numerator) / median(denominator) with a confidence interval that holds both
//   - Welch's t interval of the difference between the mean logarithms of the processes'
//     medians, degrees of freedom after Satterthwaite (Welch, Biometrika 34, 1947); where
//     both sides have 2 processes or more
//   - the ratio of the medians of all samples, by the method of variance estimates recovery
//     from their SeriesMedianInterval (Zou and Donner, Statistics in Medicine 27, 2008)
// `confidence` in (0, 1). nullopt where a median is missing or not above 0.
std::optional<RatioEstimate> CompareMedians(const ProcessSamples& numerator,
                                            const ProcessSamples& denominator, double confidence);

// The confidence of each of `comparisons` intervals so that all of them hold together with
// `together`, after Bonferroni. comparisons at least 1.
double ConfidenceOfEach(double together, int comparisons);

}  // namespace edgebench
