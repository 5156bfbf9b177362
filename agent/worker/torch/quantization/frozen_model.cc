#include "agent/worker/torch/quantization/frozen_model.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_conv_folding.h>
#include <torch/csrc/jit/passes/remove_dropout.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantization/graph.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;

std::string NameOf(const Node& node, const OperatorNames& names) {
  for (const torch::jit::Value* input : node.inputs()) {
    const std::optional<c10::IValue> constant = ConstantOf(input);
    if (!constant.has_value()) continue;
    const auto found = names.find(KeyOf(*constant));
    if (found != names.end()) return found->second;
  }
  return "";
}

void NameOperators(torch::jit::Graph& graph, const OperatorNames& names) {
  ForEachNode(*graph.block(), [&](Node& node) {
    if (!node.kind().is_aten()) return;
    SetOperatorName(node, NameOf(node, names));
  });
}

// Numbers, which values have by default, are dealt anew in each copy of a graph.
void NameValues(torch::jit::Graph& graph) {
  int number = 0;
  const auto name = [&](torch::jit::Value* value) {
    if (!value->hasDebugName()) value->setDebugName(absl::StrCat("value", ++number, "_"));
  };
  for (torch::jit::Value* input : graph.inputs()) name(input);
  ForEachNode(*graph.block(), [&](Node& node) {
    for (torch::jit::Block* inner : node.blocks()) {
      for (torch::jit::Value* input : inner->inputs()) name(input);
    }
    for (torch::jit::Value* output : node.outputs()) name(output);
  });
}

}  // namespace

std::vector<c10::IValue> FrozenModel::StackFor(const std::vector<c10::IValue>& inputs) const {
  std::vector<c10::IValue> stack = {module._ivalue()};
  stack.insert(stack.end(), inputs.begin(), inputs.end());
  module.get_method("forward").function().getSchema().checkAndNormalizeInputs(stack, {});
  return stack;
}

FrozenModel Freeze(const torch::jit::Module& module) {
  FrozenModel frozen{torch::jit::freeze_module(module)};
  std::shared_ptr<torch::jit::Graph> graph = frozen.graph();
  torch::jit::removeDropout(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::EliminateDeadCode(graph);
  NameOperators(*graph, NamesOfOperators(module));
  NameValues(*graph);
  return frozen;
}

void FoldBatchNorm(FrozenModel& model) {
  std::shared_ptr<torch::jit::Graph> graph = model.graph();
  torch::jit::FoldFrozenConvBatchnorm(graph);
  torch::jit::EliminateDeadCode(graph);
  NameValues(*graph);
}

}  // namespace edgebench::worker
