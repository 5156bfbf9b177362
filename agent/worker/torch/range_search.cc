#include "agent/worker/torch/range_search.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "agent/worker/torch/quantization_error.h"

namespace edgebench::worker {
namespace {

ValueRange WholeRange(const ValueHistogram& histogram) {
  return {histogram.low(), histogram.high()};
}

// Of the values that lie in bins from `first` to `last`, and zero.
ValueRange RangeOfBins(const ValueHistogram& histogram, int first, int last) {
  const ValueRange whole = WholeRange(histogram);
  return {std::clamp(histogram.Edge(first), whole.low, 0.0),
          std::clamp(histogram.Edge(last + 1), 0.0, whole.high)};
}

// The narrowest range that the bins can tell from others.
constexpr double kNarrowest = 1.0 / ValueHistogram::kBins;
constexpr int kSteps = 40;  // to there, each by a fifth

struct Candidate {
  ValueRange range;
  double error;
};

Candidate Whole(const ValueHistogram& histogram, const QuantizationError& error) {
  const ValueRange whole = WholeRange(histogram);
  return {whole, error.Of(whole.low, whole.high)};
}

// The rounding errors of n values are known to 0.9 / sqrt(n) of their sum of
// squares, so only a gain of four times that is beyond chance.
ValueRange BetterRange(const ValueHistogram& histogram, const Candidate& whole,
                       const Candidate& narrower) {
  const double chance = 4 * 0.9 / std::sqrt(static_cast<double>(histogram.total()));
  return narrower.error < whole.error * (1 - chance) ? narrower.range : whole.range;
}

class RangeSearch {
 public:
  RangeSearch(const QuantizationError& error, const Candidate& whole)
      : error_(error), whole_(whole.range), best_(whole) {}

  // A grid over both ends, then ever smaller steps around its best point.
  Candidate Best() {
    const std::vector<double> low_ends = Grid(whole_.low);
    const std::vector<double> high_ends = Grid(whole_.high);
    for (const double low : low_ends) {
      for (const double high : high_ends) Try(low, high);
    }
    for (double step = std::pow(kNarrowest, 0.5 / kSteps); step < 0.9995; step = std::sqrt(step)) {
      const ValueRange center = best_.range;
      for (const double low_factor : {step, 1.0, 1 / step}) {
        for (const double high_factor : {step, 1.0, 1 / step}) {
          Try(center.low * low_factor, center.high * high_factor);
        }
      }
    }
    return best_;
  }

 private:
  static std::vector<double> Grid(double end) {
    if (end == 0) return {0};
    std::vector<double> ends;
    for (int step = 0; step <= kSteps; ++step) {
      ends.push_back(end * std::pow(kNarrowest, static_cast<double>(step) / kSteps));
    }
    return ends;
  }

  void Try(double low, double high) {
    const ValueRange range = {std::max(low, whole_.low), std::min(high, whole_.high)};
    const double error = error_.Of(range.low, range.high);
    if (error < best_.error) best_ = {range, error};
  }

  const QuantizationError& error_;
  ValueRange whole_;
  Candidate best_;
};

}  // namespace

ValueRange ShrunkRange(const ValueHistogram& histogram, int levels) {
  const QuantizationError error(histogram, levels);
  const Candidate whole = Whole(histogram, error);
  Candidate best = whole;
  int first = 0;
  int last = ValueHistogram::kBins - 1;
  while (first < last) {
    const bool has_negative = histogram.Edge(first) < 0;
    const bool has_positive = histogram.Edge(last) > 0;
    if (!has_negative && !has_positive) break;
    const bool fewer_at_first = histogram.bins()[first] < histogram.bins()[last];
    if (has_negative && (fewer_at_first || !has_positive)) {
      ++first;
    } else {
      --last;
    }
    const ValueRange range = RangeOfBins(histogram, first, last);
    const double squares = error.Of(range.low, range.high);
    if (squares < best.error) best = {range, squares};
  }
  return BetterRange(histogram, whole, best);
}

ValueRange CentralRange(const ValueHistogram& histogram, double fraction) {
  const auto dropped =
      static_cast<uint64_t>(std::floor(fraction * static_cast<double>(histogram.total())));
  int first = 0;
  for (uint64_t seen = histogram.bins()[first]; seen <= dropped;) seen += histogram.bins()[++first];
  int last = ValueHistogram::kBins - 1;
  for (uint64_t seen = histogram.bins()[last]; seen <= dropped;) seen += histogram.bins()[--last];
  return RangeOfBins(histogram, first, last);
}

ValueRange BestRange(const ValueHistogram& histogram, int levels) {
  const QuantizationError error(histogram, levels);
  const Candidate whole = Whole(histogram, error);
  return BetterRange(histogram, whole, RangeSearch(error, whole).Best());
}

}  // namespace edgebench::worker
