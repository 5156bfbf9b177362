#pragma once

#include <cstdint>
#include <vector>

#include "agent/worker/numerics/value_histogram.h"

namespace edgebench::worker {

// real = scale * (quantized - zero_point), with `quantized` in 0..levels
// (Jacob et al., arXiv:1712.05877, equation 1).
struct AffineParameters {
  double scale = 1;
  int64_t zero_point = 0;
};

// Of values between low and high, low <= 0 <= high:
//   scale = max((high - low) / levels, 2^-23), zero_point = clamp(round(-low / scale), 0, levels)
AffineParameters ParametersOfRange(double low, double high, int levels);

// The squared error that quantization makes of the values of a histogram, which
// are taken to be spread evenly within their bins:
//
//   clipped values   (value - end of range)^2
//   those around 0   value^2, as they become an exact 0
//   others           scale^2 / 12, the error of rounding (Widrow)
//
// Sums of powers up to each edge make an answer cost the same for any range.
class QuantizationError {
 public:
  explicit QuantizationError(const ValueHistogram& histogram, int levels);

  // The sum over all values, quantized with ParametersOfRange(low, high).
  double Of(double low, double high) const;

 private:
  struct Moments {  // sums of value^0, value^1 and value^2
    double count = 0;
    double sum = 0;
    double squares = 0;
  };

  Moments Below(double value) const;

  double start_;
  double width_;
  int levels_;
  std::vector<double> counts_;  // without zeros
  std::vector<Moments> below_;  // of all bins before
};

}  // namespace edgebench::worker
