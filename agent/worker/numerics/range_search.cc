#include "agent/worker/numerics/range_search.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "agent/worker/numerics/quantization_error.h"

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

// So many times the smallest error, and no narrower range will be better.
constexpr double kHopeless = 3;

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

// Shorter by `step` at the end where that costs less; nullopt when nothing is left.
std::optional<Candidate> NextNarrower(const ValueRange& range, double step,
                                      const QuantizationError& error) {
  std::optional<Candidate> next;
  if (range.low < 0) {
    const ValueRange shorter = {std::min(range.low + step, 0.0), range.high};
    next = Candidate{shorter, error.Of(shorter.low, shorter.high)};
  }
  if (range.high > 0) {
    const ValueRange shorter = {range.low, std::max(range.high - step, 0.0)};
    const Candidate candidate = {shorter, error.Of(shorter.low, shorter.high)};
    if (!next.has_value() || candidate.error < next->error) next = candidate;
  }
  return next;
}

// The two ends depend on each other, so both move at once: a search over ever
// smaller steps around the best point so far.
class RangeSearch {
 public:
  RangeSearch(const QuantizationError& error, const ValueRange& whole, const Candidate& start)
      : error_(error), whole_(whole), best_(start) {}

  void TryGrid() {
    for (const double low : Grid(whole_.low)) {
      for (const double high : Grid(whole_.high)) Try(low, high);
    }
  }

  Candidate Refined() {
    double step = std::pow(kNarrowest, 1.0 / kSteps);
    while (step < 0.9995) {
      const ValueRange center = best_.range;
      for (const double low_factor : {step, 1.0, 1 / step}) {
        for (const double high_factor : {step, 1.0, 1 / step}) {
          Try(center.low * low_factor, center.high * high_factor);
        }
      }
      step = std::sqrt(step);
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
  for (Candidate here = whole; here.error <= kHopeless * best.error;) {
    const std::optional<Candidate> narrower = NextNarrower(here.range, histogram.width(), error);
    if (!narrower.has_value()) break;
    here = *narrower;
    if (here.error < best.error) best = here;
  }
  return BetterRange(histogram, whole, RangeSearch(error, whole.range, best).Refined());
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
  RangeSearch search(error, whole.range, whole);
  search.TryGrid();
  return BetterRange(histogram, whole, search.Refined());
}

}  // namespace edgebench::worker
