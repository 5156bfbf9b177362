#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/weight_quantization.h"

namespace edgebench::worker {

// Attributes that hold packed weights are called so, and then like their operator.
inline constexpr char kPackedPrefix[] = "packed__";

// Packs weights as the engine in use wants them: into objects of LibTorch's classes
// that are stored unpacked, and packed anew by the engine that loads them.
class WeightPacker {
 public:
  struct Options {
    WeightScheme scheme = WeightScheme::kPerChannel;
    // Where products of channels 2i and 2i + 1 of the input are added in 16 bits: the
    // largest activation, with which they must not exceed them. 0: nowhere.
    int levels_in_16_bits = 0;
    std::function<void()> on_weights_read = {};  // see QuantizeOptions
  };

  explicit WeightPacker(Options options) : options_(std::move(options)) {}

  // Of a convolution or a linear layer.
  //   INVALID_ARGUMENT  the weight holds NaN or infinity; names the layer
  //   UNIMPLEMENTED     the engine has no kernel for it; says what LibTorch says
  absl::StatusOr<c10::IValue> Layer(const worker::Layer& layer);

  // Of linear layers side by side, each by one thread: an engine's own packing of a layer
  // has hardly any part for a second one. Weights of all are read at the same time.
  //   codes as above, for each
  std::vector<absl::StatusOr<c10::IValue>> Linears(const std::vector<const worker::Layer*>& layers);

  // Of one matrix; codes as above.
  absl::StatusOr<c10::IValue> Linear(const std::string& layer_name, const at::Tensor& weight,
                                     const c10::optional<at::Tensor>& bias);

  // Of one cell of an LSTM or GRU, for dynamic quantization. Both biases are given,
  // zeros where the layer has none.
  c10::IValue Cell(const c10::IValue& input_weights, const c10::IValue& hidden_weights,
                   const at::Tensor& input_bias, const at::Tensor& hidden_bias, bool reduce_range);

  // Rows of an embedding, unsigned 8 bit, each with a scale and a zero point of its own.
  //   INVALID_ARGUMENT  the weight holds NaN or infinity; names the layer
  absl::StatusOr<c10::IValue> Embedding(const std::string& layer_name, const at::Tensor& weight);

  // How the weight of a layer becomes int8.
  static WeightQuantization HowToQuantize(const worker::Layer& layer, const Options& options);

  // What the packed weights take in memory, as far as malloc tells; what an engine
  // packs only when it runs for the first time (QNNPACK) is not in it.
  std::optional<int64_t> bytes() const { return bytes_; }

 private:
  absl::StatusOr<c10::IValue> Convolution(const worker::Layer& layer);
  absl::StatusOr<c10::IValue> PackMatrix(const std::string& layer_name, const at::Tensor& weight,
                                         const c10::optional<at::Tensor>& bias) const;

  absl::StatusOr<at::Tensor> Quantized(const std::string& layer_name, const at::Tensor& weight,
                                       const WeightQuantization& how) const;

  const Options options_;
  std::optional<int64_t> bytes_ = 0;
};

}  // namespace edgebench::worker
