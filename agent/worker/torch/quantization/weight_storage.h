#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/torch/weight_quantization.h"

namespace edgebench::worker {

struct WeightStorageOptions {
  // kChar (int8), kHalf or kBFloat16.
  at::ScalarType type = at::kChar;
  WeightScheme scheme = WeightScheme::kPerChannel;  // of int8
  bool embeddings = false;                          // of int8; half precision stores all
  std::function<std::string(const Layer&)> keep_reason;
  std::function<void()> on_weights_read = {};  // see QuantizeOptions
};

// Weights are stored in a narrow type and widened to fp32 in the graph, where the
// layer computes as before. In place.
//   INVALID_ARGUMENT  a weight holds NaN or infinity; names the layer
absl::StatusOr<std::vector<OperatorDecision>> StoreWeights(FrozenModel& model,
                                                           const WeightStorageOptions& options);

// Attributes that hold such weights are called so, and then like their operator.
inline constexpr char kStoredPrefix[] = "weight__";

}  // namespace edgebench::worker
