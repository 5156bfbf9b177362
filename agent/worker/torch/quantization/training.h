#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/int8_static.h"
#include "agent/worker/torch/quantization/region.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// Quantization-aware training (Jacob et al., arXiv:1712.05877, section 3) without
// labels: the fp32 model is the teacher. In each forward pass the weights and
// activations of the region are rounded as int8 would round them; gradients pass
// through the rounding unchanged, within the range (straight-through estimator,
// Bengio et al., arXiv:1308.3432). Weights and biases of the region's layers learn;
// the ranges of activations stay, those of weights follow the weights.
//
// The constants of `model` become the trained weights. Codes as Quantizer::Train.
absl::StatusOr<std::vector<double>> TrainForInt8(FrozenModel& model, const Region& region,
                                                 const ActivationRanges& ranges, int levels,
                                                 const WeightPacker::Options& packing,
                                                 const CalibrationBatches& batches,
                                                 const TrainOptions& options);

}  // namespace edgebench::worker
