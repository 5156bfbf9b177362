#include "agent/worker/torch/quantization/half_precision.h"

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/kernel_probe.h"

namespace edgebench::worker {

using torch::jit::Node;
using torch::jit::Value;

std::string HalfPrecision::Obstacle(const Layer& layer) {
  if (!layer.IsConvolution() && !layer.IsLinear()) {
    return absl::StrCat(layer.kind, " stays fp32 in half precision");
  }
  return HalfKernelObstacle(layer.kind, type_);
}

bool HalfPrecision::Joins(const Node& node) const {
  static const std::initializer_list<const char*> kinds = {
      "aten::add",     "aten::mul",        "aten::sub",       "aten::div", "aten::cat",
      "aten::gelu",    "aten::silu",       "aten::matmul",    "aten::bmm", "aten::hardswish",
      "aten::softmax", "aten::layer_norm", "aten::leaky_relu"};
  if (!IsOneOf(node, kinds)) return false;
  return HalfKernelObstacle(node.kind().toUnqualString(), type_).empty();
}

bool HalfPrecision::Passes(const Node& node) const {
  static const std::initializer_list<const char*> kinds_without_arithmetic = {
      "aten::flatten",    "aten::reshape",   "aten::view",
      "aten::permute",    "aten::transpose", "aten::t",
      "aten::contiguous", "aten::squeeze",   "aten::unsqueeze",
      "aten::slice",      "aten::select",    "aten::narrow",
      "aten::chunk",      "aten::split",     "aten::split_with_sizes",
      "prim::ListUnpack", "aten::clone",     "aten::detach"};
  if (IsOneOf(node, kinds_without_arithmetic)) return true;
  static const std::initializer_list<const char*> kinds = {
      "aten::relu",       "aten::hardtanh",    "aten::clamp",
      "aten::sigmoid",    "aten::hardsigmoid", "aten::tanh",
      "aten::max_pool2d", "aten::avg_pool2d",  "aten::adaptive_avg_pool2d",
      "aten::mean"};
  return IsOneOf(node, kinds) && HalfKernelObstacle(node.kind().toUnqualString(), type_).empty();
}

Value* HalfPrecision::Enter(Value* value, Node& place) {
  return ConvertBefore(place, value, type_);
}

Value* HalfPrecision::Leave(Value* lowered, Node& place) {
  return ConvertBefore(place, lowered, at::kFloat);
}

Value* HalfPrecision::Narrowed(Value* value, Node& place) const {
  const std::optional<at::Tensor> constant = ConstantTensor(value);
  if (!constant.has_value() || constant->scalar_type() != at::kFloat) return value;
  return ConstantBefore(place, constant->to(type_));
}

Value* HalfPrecision::Rebuild(Node& node, const std::vector<Value*>& inputs, Node& place) const {
  std::vector<Value*> narrowed;
  for (Value* input : inputs) narrowed.push_back(Narrowed(input, place));
  Node* copy = node.owningGraph()->createClone(&node, [](Value* value) { return value; });
  for (size_t i = 0; i < inputs.size(); ++i) copy->replaceInput(i, narrowed[i]);
  copy->insertBefore(&place);
  copy->output()->setType(c10::TensorType::get());
  return copy->output();
}

absl::StatusOr<Value*> HalfPrecision::LowerLayer(const RegionLayer& planned, Value* input,
                                                 Node& place) {
  std::vector<Value*> inputs = planned.layer.node->inputs().vec();
  for (Value*& value : inputs) {
    if (value == planned.layer.input()) value = input;
  }
  return Rebuild(*planned.layer.node, inputs, place);
}

Value* HalfPrecision::LowerJoin(Node& node, Node*, const std::vector<Value*>& inputs, Node& place) {
  return Rebuild(node, inputs, place);
}

}  // namespace edgebench::worker
