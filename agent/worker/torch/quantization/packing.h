#pragma once

#include <torch/script.h>

#include <string>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/weight_quantization.h"

namespace edgebench::worker {

// Attributes that hold packed weights are called so, and then like their operator.
inline constexpr char kPackedPrefix[] = "packed__";

// Weights as the engine in use wants them: objects of LibTorch's classes that are
// stored unpacked, and packed anew by the engine that loads them.

// Of a convolution or a linear layer.
//   INVALID_ARGUMENT  the weight holds NaN or infinity; names the layer
//   UNIMPLEMENTED     the engine has no kernel for it; says what LibTorch says
absl::StatusOr<c10::IValue> PackLayer(const Layer& layer, WeightScheme scheme);

// Of one cell of an LSTM or GRU, for dynamic quantization. Both biases are given,
// zeros where the layer has none.
absl::StatusOr<c10::IValue> PackLinear(const std::string& layer_name, const at::Tensor& weight,
                                       const c10::optional<at::Tensor>& bias, WeightScheme scheme);
c10::IValue PackCell(const c10::IValue& input_weights, const c10::IValue& hidden_weights,
                     const at::Tensor& input_bias, const at::Tensor& hidden_bias,
                     bool reduce_range);

// Rows of an embedding, unsigned 8 bit, each with a scale and a zero point of its own.
absl::StatusOr<c10::IValue> PackEmbedding(const std::string& layer_name, const at::Tensor& weight);

}  // namespace edgebench::worker
