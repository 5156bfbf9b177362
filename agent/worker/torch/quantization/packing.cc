#include "agent/worker/torch/quantization/packing.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/model_sizes.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Without the layers of autograd: packing per channel reads each scale as a tensor of its
// own, and takes much longer with them.
c10::IValue Call(const std::string& operator_name, std::vector<c10::IValue> arguments) {
  const at::AutoDispatchBelowADInplaceOrView no_autograd;
  const c10::OperatorHandle handle =
      c10::Dispatcher::singleton().findSchemaOrThrow(operator_name.c_str(), "");
  handle.callBoxed(&arguments);
  return arguments.at(0);
}

// Adds what the heap has grown by while it lives.
class HeapMeter {
 public:
  explicit HeapMeter(std::optional<int64_t>& bytes) : bytes_(bytes), before_(HeapInUse()) {}
  ~HeapMeter() {
    const std::optional<int64_t> after = HeapInUse();
    if (!before_ || !after) bytes_.reset();
    if (bytes_.has_value()) *bytes_ += *after - *before_;
  }
  HeapMeter(const HeapMeter&) = delete;
  HeapMeter& operator=(const HeapMeter&) = delete;

 private:
  std::optional<int64_t>& bytes_;
  const std::optional<int64_t> before_;
};

// Where memory ended there may well be a kernel.
absl::StatusOr<c10::IValue> NamingTheKernel(absl::StatusOr<c10::IValue> packed) {
  if (packed.ok() || !absl::IsUnimplemented(packed.status())) return packed;
  return absl::UnimplementedError(absl::StrCat("no int8 kernel for ", packed.status().message()));
}

}  // namespace

WeightQuantization WeightPacker::HowToQuantize(const worker::Layer& layer, const Options& options) {
  WeightQuantization how;
  // LibTorch demands one scale for the whole weight of a transposed convolution.
  how.scheme = layer.IsTransposed() ? WeightScheme::kPerTensor : options.scheme;
  const at::Tensor& weight = layer.weight;
  if (options.levels_in_16_bits == 0 || weight.numel() == 0) return how;
  const int64_t inner = weight.numel() / weight.size(0);  // of one index of dimension 0
  how.pairs.activation_levels = options.levels_in_16_bits;
  how.pairs.run = layer.IsTransposed() ? weight.size(0) / layer.geometry.groups * inner : inner;
  how.pairs.stride = layer.IsTransposed() ? inner : inner / weight.size(1);
  return how;
}

absl::StatusOr<at::Tensor> WeightPacker::Quantized(const std::string& layer_name,
                                                   const at::Tensor& weight,
                                                   const WeightQuantization& how) const {
  WeightQuantization telling = how;
  telling.on_part_read = options_.on_weights_read;
  absl::StatusOr<at::Tensor> quantized = QuantizeWeight(weight, telling);
  if (quantized.ok()) return quantized;
  return absl::Status(quantized.status().code(), absl::StrCat("the weight of ", layer_name, ": ",
                                                              quantized.status().message()));
}

absl::StatusOr<c10::IValue> WeightPacker::Convolution(const worker::Layer& layer) {
  EDGEBENCH_ASSIGN_OR_RETURN(const at::Tensor weight,
                             Quantized(layer.name, layer.weight, HowToQuantize(layer, options_)));
  const Layer::Geometry& geometry = layer.geometry;
  std::vector<c10::IValue> arguments = {weight, layer.bias, geometry.stride, geometry.padding};
  if (layer.IsTransposed()) arguments.emplace_back(geometry.output_padding);
  arguments.emplace_back(geometry.dilation);
  arguments.emplace_back(geometry.groups);
  return Call(absl::StrCat("quantized::", layer.kind, "_prepack"), std::move(arguments));
}

absl::StatusOr<c10::IValue> WeightPacker::Layer(const worker::Layer& layer) {
  absl::StatusOr<c10::IValue> packed =
      Guarded(layer.kind, absl::StatusCode::kUnimplemented, [&]() -> absl::StatusOr<c10::IValue> {
        if (!layer.IsConvolution()) return Linear(layer.name, layer.weight, layer.bias);
        const HeapMeter meter(bytes_);
        return Convolution(layer);
      });
  if (options_.on_weights_read) options_.on_weights_read();
  return NamingTheKernel(std::move(packed));
}

std::vector<absl::StatusOr<c10::IValue>> WeightPacker::Linears(
    const std::vector<const worker::Layer*>& layers) {
  std::vector<absl::StatusOr<c10::IValue>> packed(layers.size(), absl::UnknownError(""));
  const HeapMeter meter(bytes_);
  at::parallel_for(
      0, static_cast<int64_t>(layers.size()), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const worker::Layer& layer = *layers[i];
          packed[i] = NamingTheKernel(Guarded(layer.kind, absl::StatusCode::kUnimplemented, [&] {
            return PackMatrix(layer.name, layer.weight, layer.bias);
          }));
        }
      });
  return packed;
}

absl::StatusOr<c10::IValue> WeightPacker::Linear(const std::string& layer_name,
                                                 const at::Tensor& weight,
                                                 const c10::optional<at::Tensor>& bias) {
  const HeapMeter meter(bytes_);
  return PackMatrix(layer_name, weight, bias);
}

absl::StatusOr<c10::IValue> WeightPacker::PackMatrix(const std::string& layer_name,
                                                     const at::Tensor& weight,
                                                     const c10::optional<at::Tensor>& bias) const {
  WeightQuantization how;
  how.scheme = options_.scheme;
  if (options_.levels_in_16_bits > 0) how.pairs = {weight.size(1), 1, options_.levels_in_16_bits};
  EDGEBENCH_ASSIGN_OR_RETURN(const at::Tensor quantized, Quantized(layer_name, weight, how));
  return Call("quantized::linear_prepack", {quantized, bias});
}

c10::IValue WeightPacker::Cell(const c10::IValue& input_weights, const c10::IValue& hidden_weights,
                               const at::Tensor& input_bias, const at::Tensor& hidden_bias,
                               bool reduce_range) {
  return Call("quantized::make_quantized_cell_params_dynamic",
              {input_weights, hidden_weights, input_bias, hidden_bias, reduce_range});
}

absl::StatusOr<c10::IValue> WeightPacker::Embedding(const std::string& layer_name,
                                                    const at::Tensor& weight) {
  constexpr float kLevels = 255, kSmallestScale = 1.1920928955078125e-07F;
  auto [low, high] = at::aminmax(weight, /*dim=*/1);
  if (!low.isfinite().all().item<bool>() || !high.isfinite().all().item<bool>()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the weight of ", layer_name, ": it holds NaN or infinity"));
  }
  low = low.clamp_max(0);
  high = high.clamp_min(0);
  const at::Tensor scales = ((high - low) / kLevels).clamp_min(kSmallestScale);
  // Zero points are numbers with a fraction here, as LibTorch's kernels expect.
  const at::Tensor zero_points = -low / scales;
  const HeapMeter meter(bytes_);
  return Call("quantized::embedding_bag_prepack",
              {at::quantize_per_channel(weight, scales, zero_points, 0, at::kQUInt8)});
}

}  // namespace edgebench::worker
