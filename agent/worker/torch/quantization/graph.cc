#include "agent/worker/torch/quantization/graph.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// A dot is no part of an attribute's name.
constexpr char kDot[] = "__";

}  // namespace

c10::Symbol Kind(const char* name) { return c10::Symbol::fromQualString(name); }

bool IsOneOf(const Node& node, std::initializer_list<const char*> kinds) {
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const char* kind) { return node.kind() == Kind(kind); });
}

void ForEachNode(torch::jit::Block& block, const std::function<void(Node&)>& visit) {
  for (auto it = block.nodes().begin(); it != block.nodes().end();) {
    Node* node = *it++;
    for (torch::jit::Block* inner : node->blocks()) ForEachNode(*inner, visit);
    visit(*node);
  }
}

std::optional<c10::IValue> ConstantOf(const Value* value) {
  const c10::optional<c10::IValue> constant = torch::jit::toIValue(value);
  if (constant.has_value()) return *constant;
  const Node* node = value->node();
  if (node->kind() != c10::prim::ListConstruct) return std::nullopt;
  c10::impl::GenericList list(value->type()->expect<c10::ListType>()->getElementType());
  for (const Value* element : node->inputs()) {
    const c10::optional<c10::IValue> item = torch::jit::toIValue(element);
    if (!item.has_value()) return std::nullopt;
    list.push_back(*item);
  }
  return c10::IValue(list);
}

std::optional<at::Tensor> ConstantTensor(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  if (!constant.has_value() || !constant->isTensor()) return std::nullopt;
  return constant->toTensor();
}

std::optional<double> ConstantNumber(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  if (!constant.has_value() || !constant->isScalar()) return std::nullopt;
  return constant->toScalar().toDouble();
}

std::optional<std::vector<int64_t>> ConstantIntegers(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  if (!constant.has_value() || !constant->isList()) return std::nullopt;
  std::vector<int64_t> integers;
  for (const c10::IValue& element : constant->toListRef()) {
    if (!element.isInt()) return std::nullopt;
    integers.push_back(element.toInt());
  }
  return integers;
}

std::optional<bool> ConstantFlag(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  if (!constant.has_value() || !constant->isBool()) return std::nullopt;
  return constant->toBool();
}

std::optional<std::vector<at::Tensor>> ConstantTensors(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  if (!constant.has_value() || !constant->isList()) return std::nullopt;
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& element : constant->toListRef()) {
    if (!element.isTensor()) return std::nullopt;
    tensors.push_back(element.toTensor());
  }
  return tensors;
}

bool IsNone(const Value* value) {
  const std::optional<c10::IValue> constant = ConstantOf(value);
  return constant.has_value() && constant->isNone();
}

void SetOperatorName(Node& node, const std::string& name) {
  const auto root = c10::make_intrusive<torch::jit::Scope>();
  node.setScope(root->push(c10::Symbol::scope(name)));
}

std::string OperatorName(const Node& node) {
  const torch::jit::ScopePtr scope = const_cast<Node&>(node).scope();  // not const in LibTorch
  if (scope == nullptr || scope->isBlank() || scope->isRoot()) return "";
  return scope->name().toUnqualString();
}

Value* InsertBefore(Node& place, const char* kind, const std::vector<Value*>& inputs) {
  torch::jit::Graph& graph = *place.owningGraph();
  Node* node = graph.create(Kind(kind), inputs);
  node->insertBefore(&place);
  node->setScope(place.scope());
  return node->output();
}

Value* ConstantBefore(Node& place, const c10::IValue& value) {
  const torch::jit::WithInsertPoint before(&place);
  return place.owningGraph()->insertConstant(value);
}

Value* ConvertBefore(Node& place, Value* value, at::ScalarType type) {
  Value* no = ConstantBefore(place, false);
  return InsertBefore(place, "aten::to",
                      {value, ConstantBefore(place, static_cast<int64_t>(type)), no, no,
                       ConstantBefore(place, c10::IValue())});
}

Value* AttributeBefore(Node& place, torch::jit::Module& module, const std::string& prefix,
                       const std::string& operator_name, const c10::IValue& value) {
  const std::string base =
      absl::StrCat(prefix, absl::StrReplaceAll(operator_name, {{".", kDot}, {"-", "_"}}));
  std::string name = base;
  for (int i = 1; module.hasattr(name); ++i) name = absl::StrCat(base, "_again_", i);
  module.register_attribute(name, value.type(), value);
  torch::jit::Graph& graph = *place.owningGraph();
  Node* node = graph.createGetAttr(graph.inputs()[0], name);
  node->insertBefore(&place);
  return node->output();
}

std::optional<std::string> OperatorOfAttribute(const std::string& attribute,
                                               const std::string& prefix) {
  absl::string_view name = attribute;
  if (!absl::ConsumePrefix(&name, prefix)) return std::nullopt;
  return absl::StrReplaceAll(name.substr(0, name.find("_again_")), {{kDot, "."}});
}

std::vector<c10::IValue> RunGraph(const std::shared_ptr<torch::jit::Graph>& graph,
                                  std::vector<c10::IValue> inputs) {
  const torch::jit::Code code(graph, "forward");
  torch::jit::InterpreterState(code).run(inputs);
  return inputs;
}

}  // namespace edgebench::worker
