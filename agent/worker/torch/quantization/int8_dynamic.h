#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

struct DynamicOptions {
  WeightPacker::Options packing;
  bool reduce_range = false;
  bool embeddings = false;
  // Why a layer stays fp32 by somebody's wish; empty when it need not.
  std::function<std::string(const Layer&)> keep_reason;
};

// Dynamic int8: rewrites linear layers, LSTM, GRU and their cells, and embeddings if
// wanted. Weights are packed ahead, activations are quantized as they come.
//   INVALID_ARGUMENT  a weight holds NaN or infinity; names the layer
absl::StatusOr<QuantizedModel> LowerDynamically(FrozenModel model, const DynamicOptions& options);

}  // namespace edgebench::worker
