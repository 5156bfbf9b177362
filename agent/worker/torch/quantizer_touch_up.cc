#include "agent/worker/torch/quantizer_touch_up.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/match.h"

namespace edgebench::worker {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

c10::Symbol Kind(const char* name) { return c10::Symbol::fromQualString(name); }

// Visits every node, also those in branches. The visitor may destroy its node.
void ForEachNode(torch::jit::Block& block, const std::function<void(Node&)>& visit) {
  for (auto it = block.nodes().begin(); it != block.nodes().end();) {
    Node* node = *it++;
    for (torch::jit::Block* inner : node->blocks()) ForEachNode(*inner, visit);
    visit(*node);
  }
}

bool IsClamp(const Node& node) {
  return node.kind() == Kind("aten::hardtanh") || node.kind() == Kind("aten::hardtanh_") ||
         node.kind() == Kind("aten::clamp") || node.kind() == Kind("aten::clamp_");
}

std::optional<double> ConstantNumber(const Value* value) {
  const c10::optional<c10::IValue> constant = torch::jit::toIValue(value);
  if (!constant.has_value() || !constant->isScalar()) return std::nullopt;
  return constant->toScalar().toDouble();
}

// The layers that scale and round their output, and the same with ReLU.
struct Layer {
  const char* plain;
  const char* with_relu;
  size_t scale_index;  // among the inputs; the zero point follows
};

constexpr Layer kLayers[] = {
    {"quantized::conv1d", "quantized::conv1d_relu", 2},
    {"quantized::conv2d", "quantized::conv2d_relu", 2},
    {"quantized::conv3d", "quantized::conv3d_relu", 2},
    {"quantized::linear", "quantized::linear_relu", 2},
};

const Layer* FindLayer(const Node& node) {
  for (const Layer& layer : kLayers) {
    if (node.kind() == Kind(layer.plain)) return &layer;
  }
  return nullptr;
}

// The bound of hardtanh(x, 0, bound), when the node is one.
std::optional<double> ReluBound(const Node& node) {
  if (!IsClamp(node) || node.inputs().size() != 3) return std::nullopt;
  const std::optional<double> low = ConstantNumber(node.input(1));
  const std::optional<double> high = ConstantNumber(node.input(2));
  if (low != 0.0 || !high.has_value() || *high <= 0) return std::nullopt;
  return high;
}

void FoldBound(Graph& graph, Node& clamp) {
  constexpr int kLargest = 255;
  const std::optional<double> bound = ReluBound(clamp);
  if (!bound.has_value()) return;
  Node* producer = clamp.input(0)->node();
  const Layer* layer = FindLayer(*producer);
  if (layer == nullptr || producer->output()->uses().size() != 1) return;
  const std::optional<double> scale = ConstantNumber(producer->input(layer->scale_index));
  const std::optional<double> zero_point = ConstantNumber(producer->input(layer->scale_index + 1));
  if (!scale.has_value() || !zero_point.has_value()) return;
  const double observed = (kLargest - *zero_point) * *scale;
  if (observed <= 0) return;

  const torch::jit::WithInsertPoint before(producer);
  std::vector<Value*> inputs = producer->inputs().vec();
  inputs[layer->scale_index] = graph.insertConstant(std::min(observed, *bound) / kLargest);
  inputs[layer->scale_index + 1] = graph.insertConstant(int64_t{0});
  Node* fused = graph.insertNode(graph.create(Kind(layer->with_relu), inputs));
  fused->output()->copyMetadata(clamp.output());
  clamp.output()->replaceAllUsesWith(fused->output());
  clamp.destroy();
  producer->destroy();
}

bool CallsDropout(const Node& node) {
  if (node.kind() != c10::prim::CallFunction) return false;
  const Node* function = node.input(0)->node();
  return function->hasAttribute(c10::attr::name) && function->s(c10::attr::name) == "dropout";
}

// The dropout's input and its flag "training" when it is one.
struct Dropout {
  Value* input;
  Value* training;
};

std::optional<Dropout> FindDropout(const Node& node) {
  if (node.kind() == Kind("aten::dropout") || node.kind() == Kind("aten::dropout_")) {
    return Dropout{node.input(0), node.input(2)};
  }
  if (CallsDropout(node)) return Dropout{node.input(1), node.input(3)};
  return std::nullopt;
}

// The flag is the module's own, which is false, or says false itself.
bool IsOff(const Value* training) {
  const Node* node = training->node();
  if (node->kind() == c10::prim::GetAttr) return node->s(c10::attr::name) == "training";
  const c10::optional<c10::IValue> constant = torch::jit::toIValue(training);
  return constant.has_value() && constant->isBool() && !constant->toBool();
}

}  // namespace

void RemoveDropout(torch::jit::Module& module) {
  for (torch::jit::Module part : module.modules()) {
    for (const torch::jit::Method& method : part.get_methods()) {
      ForEachNode(*method.graph()->block(), [](Node& node) {
        const std::optional<Dropout> dropout = FindDropout(node);
        if (!dropout.has_value() || !IsOff(dropout->training)) return;
        node.output()->replaceAllUsesWith(dropout->input);
        node.destroy();
      });
    }
  }
}

void FoldBoundedReluIntoScale(Graph& graph) {
  ForEachNode(*graph.block(), [&](Node& node) { FoldBound(graph, node); });
}

void MakeClampInputsContiguous(Graph& graph) {
  ForEachNode(*graph.block(), [&](Node& node) {
    if (!IsClamp(node)) return;
    // In place it may be the tensor, not the result, that is used afterwards.
    const bool in_place = absl::EndsWith(node.kind().toUnqualString(), "_");
    if (in_place && node.input(0)->uses().size() != 1) return;
    const torch::jit::WithInsertPoint before(&node);
    node.replaceInput(0, graph.insert(Kind("aten::contiguous"), {node.input(0)}));
  });
}

void SetDynamicReduceRange(Graph& graph, bool reduce_range) {
  ForEachNode(*graph.block(), [&](Node& node) {
    if (node.kind() != Kind("quantized::linear_dynamic") &&
        node.kind() != Kind("quantized::linear_relu_dynamic")) {
      return;
    }
    const torch::jit::WithInsertPoint before(&node);
    node.replaceInput(2, graph.insertConstant(reduce_range));
  });
}

}  // namespace edgebench::worker
