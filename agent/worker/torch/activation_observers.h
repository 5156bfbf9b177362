#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/numerics/quantization_error.h"

namespace edgebench::worker {

// Watches the values of one tensor during calibration and says which range of
// them becomes the quantized range. All observers choose a range [low, high]
// with low <= 0 <= high, since padding and ReLU need an exact zero, and then
//
//   scale      = max((high - low) / levels, 2^-23)
//   zero_point = clamp(round(-low / scale), 0, levels)
//
// They differ in how they choose it:
//
//   min-max         The smallest and the largest value seen.
//   moving-average  The first batch's smallest and largest value, which each
//                   further batch moves by 0.01 of the difference to its own:
//                   PyTorch's MovingAverageMinMaxObserver.
//   histogram       From the whole range on, gives up one of 2,048 to 4,096 bins at
//                   the end where that costs less, and takes the best range on this
//                   way and near it: PyTorch's HistogramObserver, after Caffe2's
//                   NormMinimization.
//   percentile      All but 0.01 % of the values, half of them at each end
//                   (Wu et al., "Integer quantization for deep learning
//                   inference", arXiv:2004.09602, section 4.1: 99.99 %).
//   mse             The range of the smallest expected squared error, that of
//                   rounding inside and that of clipping outside (Banner et al.,
//                   arXiv:1810.05723, section 2, with the observed density in
//                   place of a fitted one).
//
// The last three look at a histogram (value_histogram.h). histogram and mse weigh
// the error by quantization_error.h, and keep the whole range unless a narrower
// one is better beyond chance: rounding errors of few values tell little.
class ActivationObserver {
 public:
  virtual ~ActivationObserver() = default;

  // One batch: float32 on the CPU, of any shape and strides. An empty one counts
  // as none.
  virtual void Observe(const at::Tensor& values) = 0;

  //   INVALID_ARGUMENT  a NaN or infinity was among the values, or there were none
  virtual absl::StatusOr<AffineParameters> Parameters() const = 0;
};

inline std::vector<std::string> ActivationObserverNames() {
  return {"min-max", "moving-average", "histogram", "percentile", "mse"};
}

// `levels` is 255, or 127 for engines whose 16-bit sums would saturate.
//   INVALID_ARGUMENT  no observer has this name, or no such number of levels
absl::StatusOr<std::unique_ptr<ActivationObserver>> MakeActivationObserver(const std::string& name,
                                                                           int levels);

}  // namespace edgebench::worker
