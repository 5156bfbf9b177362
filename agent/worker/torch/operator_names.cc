#include "agent/worker/torch/operator_names.h"

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/quantization/weight_storage.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;

void AddConstants(const torch::jit::Module& module, OperatorNames& names) {
  if (!module.find_method("forward")) return;
  ForEachNode(*module.get_method("forward").graph()->block(), [&](Node& node) {
    const std::string name = OperatorName(node);
    if (name.empty()) return;
    for (const torch::jit::Value* input : node.inputs()) {
      const std::optional<c10::IValue> constant = ConstantOf(input);
      if (!constant.has_value()) continue;
      const void* key = KeyOf(*constant);
      if (key != nullptr) names.emplace(key, name);
    }
  });
}

}  // namespace

const void* KeyOf(const c10::IValue& weight) {
  if (weight.isTensor()) {
    const at::Tensor& tensor = weight.toTensor();
    return tensor.defined() && tensor.has_storage() ? tensor.storage().data() : nullptr;
  }
  if (weight.isTensorList()) {
    const std::vector<at::Tensor> tensors = weight.toTensorVector();
    return tensors.empty() ? nullptr : KeyOf(tensors.front());
  }
  if (weight.isList()) {
    const c10::ArrayRef<c10::IValue> elements = weight.toListRef();
    return elements.empty() ? nullptr : KeyOf(elements.front());
  }
  if (!weight.isObject() || !weight.isCustomClass()) return nullptr;
  return weight.toObjectRef().getSlot(0).toCapsule().get();
}

bool StoresNarrowWeights(const torch::jit::Module& module) {
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
    if (OperatorOfAttribute(attribute.name, kStoredPrefix).has_value()) return true;
  }
  return false;
}

std::string OwnerOf(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  const size_t leaf = dot == std::string::npos ? 0 : dot + 1;
  if (!absl::StartsWith(parameter.substr(leaf), "weight")) return parameter;
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

OperatorNames NamesOfOperators(const torch::jit::Module& module) {
  OperatorNames names;
  for (const auto& attribute : module.named_attributes(/*recurse=*/true)) {
    const void* key = KeyOf(attribute.value);
    if (key == nullptr) continue;
    std::optional<std::string> name = OperatorOfAttribute(attribute.name, kPackedPrefix);
    if (!name.has_value()) name = OperatorOfAttribute(attribute.name, kStoredPrefix);
    if (name.has_value() || attribute.value.isTensor()) {
      names.emplace(key, name.value_or(OwnerOf(attribute.name)));
    }
  }
  AddConstants(module, names);
  return names;
}

}  // namespace edgebench::worker
