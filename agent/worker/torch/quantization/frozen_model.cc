#include "agent/worker/torch/quantization/frozen_model.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_conv_folding.h>
#include <torch/csrc/jit/passes/remove_dropout.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;

using NamesByMemory = std::map<const void*, std::string>;

const void* MemoryOf(const at::Tensor& tensor) {
  return tensor.defined() && tensor.has_storage() ? tensor.storage().data() : nullptr;
}

// "encoder.0" of "encoder.0.weight" and of "encoder.0.weight_ih_l0".
std::string OwnerOf(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  const size_t leaf = dot == std::string::npos ? 0 : dot + 1;
  if (!absl::StartsWith(parameter.substr(leaf), "weight")) return parameter;
  return dot == std::string::npos ? parameter : parameter.substr(0, dot);
}

NamesByMemory NamesOfTensors(const torch::jit::Module& module) {
  NamesByMemory names;
  for (const auto& attribute : module.named_attributes(/*recurse=*/true)) {
    if (!attribute.value.isTensor()) continue;
    const void* memory = MemoryOf(attribute.value.toTensor());
    if (memory != nullptr) names.emplace(memory, OwnerOf(attribute.name));
  }
  return names;
}

std::string NameOf(const Node& node, const NamesByMemory& names) {
  for (const torch::jit::Value* input : node.inputs()) {
    std::optional<at::Tensor> tensor = ConstantTensor(input);
    if (!tensor.has_value()) {
      const std::optional<std::vector<at::Tensor>> list = ConstantTensors(input);
      if (list.has_value() && !list->empty()) tensor = list->front();
    }
    if (!tensor.has_value()) continue;
    const auto found = names.find(MemoryOf(*tensor));
    if (found != names.end()) return found->second;
  }
  return "";
}

void NameOperators(torch::jit::Graph& graph, const NamesByMemory& names) {
  ForEachNode(*graph.block(), [&](Node& node) {
    if (!node.kind().is_aten()) return;
    SetOperatorName(node, NameOf(node, names));
  });
}

}  // namespace

FrozenModel Freeze(const torch::jit::Module& module) {
  FrozenModel frozen{torch::jit::freeze_module(module)};
  std::shared_ptr<torch::jit::Graph> graph = frozen.graph();
  torch::jit::removeDropout(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::EliminateDeadCode(graph);
  NameOperators(*graph, NamesOfTensors(module));
  return frozen;
}

void FoldBatchNorm(FrozenModel& model) {
  std::shared_ptr<torch::jit::Graph> graph = model.graph();
  torch::jit::FoldFrozenConvBatchnorm(graph);
  torch::jit::EliminateDeadCode(graph);
}

}  // namespace edgebench::worker
