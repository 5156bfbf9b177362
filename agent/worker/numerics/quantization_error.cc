#include "agent/worker/numerics/quantization_error.h"

#include <algorithm>
#include <cmath>

namespace edgebench::worker {
namespace {

// Float's epsilon, as in PyTorch. A tensor of zeros has it.
constexpr double kSmallestScale = 1.1920928955078125e-07;

}  // namespace

AffineParameters ParametersOfRange(double low, double high, int levels) {
  AffineParameters parameters;
  parameters.scale = std::max((high - low) / levels, kSmallestScale);
  parameters.zero_point = std::clamp<int64_t>(std::llrint(-low / parameters.scale), 0, levels);
  return parameters;
}

QuantizationError::QuantizationError(const ValueHistogram& histogram, int levels)
    : start_(histogram.Edge(0)), width_(histogram.width()), levels_(levels) {
  counts_.reserve(ValueHistogram::kBins);
  below_.reserve(ValueHistogram::kBins + 1);
  Moments sums;
  below_.push_back(sums);
  for (int bin = 0; bin < ValueHistogram::kBins; ++bin) {
    uint64_t count = histogram.bins()[bin];
    const double begin = histogram.Edge(bin);
    if (begin == 0) count -= histogram.zeros();
    const double end = begin + width_;
    const auto n = static_cast<double>(count);
    sums.count += n;
    sums.sum += n * (begin + end) / 2;
    sums.squares += n * (begin * begin + begin * end + end * end) / 3;
    counts_.push_back(n);
    below_.push_back(sums);
  }
}

QuantizationError::Moments QuantizationError::Below(double value) const {
  const double position = (value - start_) / width_;
  if (position <= 0) return below_.front();
  if (position >= ValueHistogram::kBins) return below_.back();
  const auto bin = static_cast<size_t>(position);
  const double begin = start_ + static_cast<double>(bin) * width_;
  const double n = counts_[bin] * (value - begin) / width_;
  Moments moments = below_[bin];
  moments.count += n;
  moments.sum += n * (begin + value) / 2;
  moments.squares += n * (begin * begin + begin * value + value * value) / 3;
  return moments;
}

double QuantizationError::Of(double low, double high) const {
  const AffineParameters parameters = ParametersOfRange(low, high, levels_);
  const double scale = parameters.scale;
  // The ends that the quantized values stand for, and half a step before them.
  const double first = -static_cast<double>(parameters.zero_point) * scale;
  const double last = first + levels_ * scale;
  const Moments under = Below(first);
  const Moments to_last = Below(last);
  const Moments& all = below_.back();
  const Moments around_start = Below(std::max(-scale / 2, first));
  const Moments around_end = Below(std::min(scale / 2, last));
  const double around = around_end.count - around_start.count;
  const double over = all.count - to_last.count;
  return under.squares - 2 * first * under.sum + first * first * under.count +
         (all.squares - to_last.squares) - 2 * last * (all.sum - to_last.sum) + last * last * over +
         (around_end.squares - around_start.squares) +
         (to_last.count - under.count - around) * scale * scale / 12;
}

}  // namespace edgebench::worker
