#include "agent/worker/torch/quantization/int8_static.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/kernel_probe.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr int kLevels = 255;
// A range computed in floating point may exceed the bound by its rounding.
constexpr double kRoundingSlack = 1 + 1e-6;

bool IsRelu(const Node& node) { return IsOneOf(node, {"aten::relu", "aten::relu_"}); }

// The bound of clamp(x, 0, bound), as in ReLU6.
std::optional<double> ReluBound(const Node& node) {
  if (IsOneOf(node, {"aten::relu6", "aten::relu6_"})) return 6.0;
  if (!IsOneOf(node, {"aten::hardtanh", "aten::hardtanh_", "aten::clamp", "aten::clamp_"}) ||
      node.inputs().size() != 3) {
    return std::nullopt;
  }
  const std::optional<double> low = ConstantNumber(node.input(1));
  const std::optional<double> high = ConstantNumber(node.input(2));
  if (low != 0.0 || !high.has_value() || *high <= 0) return std::nullopt;
  return high;
}

// The kernels for two operands want both quantized: a parameter among them is fp32.
bool CombinesActivations(const Node& node) {
  return node.input(1)->type()->isSubtypeOf(*c10::TensorType::get()) &&
         !ConstantTensor(node.input(0)).has_value() && !ConstantTensor(node.input(1)).has_value();
}

bool IsSum(const Node& node) {
  return IsOneOf(node, {"aten::add", "aten::add_"}) && node.inputs().size() == 3 &&
         CombinesActivations(node) && ConstantNumber(node.input(2)) == 1.0;
}

bool IsProduct(const Node& node) {
  return IsOneOf(node, {"aten::mul", "aten::mul_"}) && node.inputs().size() == 2 &&
         CombinesActivations(node);
}

// Of batch norm that no convolution could take in.
bool IsBatchNorm(const Node& node) {
  if (!IsOneOf(node, {"aten::batch_norm"})) return false;
  for (const int argument : {1, 2, 3, 4}) {
    if (!ConstantOf(node.input(argument)).has_value()) return false;
  }
  return ConstantFlag(node.input(5)) == false && ConstantNumber(node.input(7)).has_value();
}

// The kernel gives its output the memory format of its input, which a mean that drops
// dimensions cannot have: it fails for images so small that one pixel is left.
bool IsMeanInPlace(const Node& node) {
  constexpr size_t kKeepDimensions = 2;
  return IsOneOf(node, {"aten::mean"}) && node.inputs().size() > kKeepDimensions &&
         ConstantFlag(node.inputs()[kKeepDimensions]).value_or(false);
}

}  // namespace

bool IsBoundedRelu(const Node& node) { return ReluBound(node).has_value(); }

std::string Int8Static::Obstacle(const Layer& layer) {
  if (!layer.IsConvolution() && !layer.IsLinear()) {
    return absl::StrCat("int8-static has no kernel for ", layer.kind);
  }
  return Int8KernelObstacle(layer, options_.engine);
}

bool Int8Static::HasKernel(const Node& node) const {
  return options_.without_kernel.count(node.kind().toQualString()) == 0;
}

bool Int8Static::Joins(const Node& node) const {
  if (!HasKernel(node)) return false;
  return IsSum(node) || IsProduct(node) || IsBatchNorm(node) ||
         IsOneOf(node, {"aten::cat", "aten::hardswish", "aten::hardswish_", "aten::leaky_relu",
                        "aten::leaky_relu_"});
}

bool Int8Static::Passes(const Node& node) const {
  if (!HasKernel(node)) return false;
  if (IsMeanInPlace(node)) return true;
  return IsOneOf(node, {"aten::relu",
                        "aten::relu_",
                        "aten::relu6",
                        "aten::hardtanh",
                        "aten::hardtanh_",
                        "aten::clamp",
                        "aten::clamp_",
                        "aten::max_pool1d",
                        "aten::max_pool2d",
                        "aten::max_pool3d",
                        "aten::avg_pool1d",
                        "aten::avg_pool2d",
                        "aten::avg_pool3d",
                        "aten::adaptive_avg_pool1d",
                        "aten::adaptive_avg_pool2d",
                        "aten::adaptive_avg_pool3d",
                        "aten::flatten",
                        "aten::reshape",
                        "aten::view",
                        "aten::permute",
                        "aten::transpose",
                        "aten::t",
                        "aten::contiguous",
                        "aten::squeeze",
                        "aten::unsqueeze",
                        "aten::slice",
                        "aten::select",
                        "aten::narrow",
                        "aten::chunk",
                        "aten::split",
                        "aten::split_with_sizes",
                        "prim::ListUnpack",
                        "aten::upsample_nearest2d",
                        "aten::upsample_bilinear2d",
                        "aten::sigmoid",
                        "aten::sigmoid_",
                        "aten::hardsigmoid",
                        "aten::hardsigmoid_",
                        "aten::tanh",
                        "aten::tanh_",
                        "aten::clone",
                        "aten::detach",
                        "aten::pixel_shuffle"});
}

bool Int8Static::Absorbs(const Node& producer, const Node& activation) const {
  const bool is_layer = !Joins(producer);
  if (IsRelu(activation)) return is_layer || IsSum(producer);
  return is_layer && ReluBound(activation).has_value();
}

bool Int8Static::CanRange(const Value& value) const {
  return ranges_.empty() || ranges_.count(value.debugName()) != 0;
}

const AffineParameters& Int8Static::RangeOf(const Value& value) const {
  return ranges_.at(value.debugName());
}

Value* Int8Static::Enter(Value* value, Node& place) {
  const AffineParameters& range = RangeOf(*value);
  return InsertBefore(
      place, "aten::quantize_per_tensor",
      {value, ConstantBefore(place, range.scale), ConstantBefore(place, range.zero_point),
       ConstantBefore(place, static_cast<int64_t>(c10::kQUInt8))});
}

Value* Int8Static::Leave(Value* lowered, Node& place) {
  return InsertBefore(place, "aten::dequantize", {lowered});
}

// A clamp costs nothing where the largest of the 256 values is the bound: saturation
// does it, and all of them serve the range that is left.
absl::StatusOr<Value*> Int8Static::LowerLayer(const RegionLayer& planned, Value* input,
                                              Node& place) {
  const Layer& layer = planned.layer;
  const absl::StatusOr<c10::IValue> packed = packer_.Layer(layer);
  if (!packed.ok()) {
    refused_layer_ = layer.name;
    return packed.status();
  }
  Value* weights = AttributeBefore(place, module_, kPackedPrefix, layer.name, *packed);
  const AffineParameters range = RangeOf(*planned.output());
  const std::string kind =
      absl::StrCat("quantized::", layer.kind,
                   planned.activation != nullptr && HasReluKernel(layer) ? "_relu" : "");
  Value* output = InsertBefore(place, kind.c_str(),
                               {input, weights, ConstantBefore(place, range.scale),
                                ConstantBefore(place, range.zero_point)});
  if (planned.activation == nullptr) return output;
  const std::optional<double> bound = ReluBound(*planned.activation);
  if (!bound.has_value()) {
    return HasReluKernel(layer) ? output : InsertBefore(place, "aten::relu", {output});
  }
  const bool saturates_there = options_.levels == kLevels && range.zero_point == 0 &&
                               range.scale * kLevels <= *bound * kRoundingSlack;
  return saturates_there ? output : Clamp(output, *planned.activation, *bound, place);
}

// QNNPACK's clamp mixes up the elements of channels-last tensors (LibTorch 1.13),
// which is what its convolutions put out.
Value* Int8Static::ForPassing(const Node& node, Value* input, Node& place) {
  const bool clamps = IsOneOf(
      node, {"aten::relu6", "aten::hardtanh", "aten::hardtanh_", "aten::clamp", "aten::clamp_"});
  if (!clamps || options_.engine != "qnnpack") return input;
  const int64_t contiguous = static_cast<int64_t>(at::MemoryFormat::Contiguous);
  return InsertBefore(place, "aten::contiguous", {input, ConstantBefore(place, contiguous)});
}

Value* Int8Static::Clamp(Value* value, const Node& clamp, double bound, Node& place) {
  return InsertBefore(
      place, "aten::hardtanh",
      {ForPassing(clamp, value, place), ConstantBefore(place, 0.0), ConstantBefore(place, bound)});
}

Value* Int8Static::LowerJoin(Node& node, Node* activation, const std::vector<Value*>& inputs,
                             Node& place) {
  const Value& original = activation != nullptr ? *activation->output() : *node.output();
  const AffineParameters& range = RangeOf(original);
  Value* scale = ConstantBefore(place, range.scale);
  Value* zero_point = ConstantBefore(place, range.zero_point);
  if (IsSum(node)) {
    return InsertBefore(place, activation != nullptr ? "quantized::add_relu" : "quantized::add",
                        {inputs[0], inputs[1], scale, zero_point});
  }
  if (IsProduct(node)) {
    return InsertBefore(place, "quantized::mul", {inputs[0], inputs[1], scale, zero_point});
  }
  if (IsBatchNorm(node)) {
    return InsertBefore(
        place, "quantized::batch_norm",
        {inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[7], scale, zero_point});
  }
  if (IsOneOf(node, {"aten::cat"})) {
    return InsertBefore(place, "quantized::cat", {inputs[0], inputs[1], scale, zero_point});
  }
  if (IsOneOf(node, {"aten::hardswish", "aten::hardswish_"})) {
    return InsertBefore(place, "quantized::hardswish", {inputs[0], scale, zero_point});
  }
  return InsertBefore(place, "quantized::leaky_relu",
                      {inputs[0], inputs[1], ConstantBefore(place, false), scale, zero_point});
}

}  // namespace edgebench::worker
