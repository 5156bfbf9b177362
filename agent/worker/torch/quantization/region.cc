#include "agent/worker/torch/quantization/region.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>

#include "agent/worker/torch/quantization/graph.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool IsTensorList(const Value* value) {
  return value->type()->isSubtypeOf(*c10::ListType::ofTensors());
}

bool IsTensor(const Value* value) { return value->type()->isSubtypeOf(*c10::TensorType::get()); }

bool WritesInto(const Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  return schema != nullptr && schema->is_mutable();
}

// A tensor, or a list of them that is taken apart at once.
bool CanBeInside(const Value* value) {
  if (IsTensor(value)) return true;
  return IsTensorList(value) &&
         std::all_of(value->uses().begin(), value->uses().end(), [](const torch::jit::Use& use) {
           return use.user->kind() == c10::prim::ListUnpack;
         });
}

// Values that an operator changes in place, under whatever name.
std::unordered_set<const Value*> ValuesChangedInPlace(torch::jit::Graph& graph) {
  std::unordered_set<const Value*> changed;
  bool any = false;
  ForEachNode(*graph.block(), [&](Node& node) { any |= WritesInto(node); });
  if (!any) return changed;  // the analysis takes its time
  // The copy's nodes come in the same order.
  std::vector<const Node*> originals;
  ForEachNode(*graph.block(), [&](Node& node) { originals.push_back(&node); });
  const auto copy = graph.copy();
  const torch::jit::AliasDb database(copy);
  size_t index = 0;
  ForEachNode(*copy->block(), [&](Node& node) {
    const Node* original = originals[index++];
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      if (database.hasWriters(node.output(i))) changed.insert(original->output(i));
    }
  });
  return changed;
}

}  // namespace

Region::Region(torch::jit::Graph& graph, LowPrecision& precision,
               const std::function<std::string(const Layer&)>& keep_reason)
    : graph_(graph),
      precision_(precision),
      keep_reason_(keep_reason),
      changed_in_place_(ValuesChangedInPlace(graph)) {
  for (Layer& layer : FindLayers(graph)) found_.emplace(layer.node, std::move(layer));
  PlanBlock(*graph.block());
}

void Region::PlanBlock(Block& block) {
  for (Node* node : block.nodes()) {
    for (Block* inner : node->blocks()) PlanBlock(*inner);
    const auto layer = found_.find(node);
    if (layer != found_.end()) {
      PlanLayer(layer->second);
    } else {
      PlanOther(*node);
    }
  }
}

void Region::PlanLayer(const Layer& layer) {
  OperatorDecision decision;
  decision.name = layer.name;
  decision.kind = layer.kind;
  decision.reason = layer.obstacle;
  if (decision.reason.empty()) decision.reason = keep_reason_(layer);
  if (decision.reason.empty()) decision.reason = precision_.Obstacle(layer);
  if (decision.reason.empty() && IsPinned(layer.node->output(0))) {
    decision.reason = "its output is changed in place afterwards";
  }
  RegionLayer planned{layer, nullptr};
  const bool enters =
      decision.reason.empty() && !IsInside(layer.input(), layer.node->owningBlock());
  if (decision.reason.empty()) {
    planned.activation = AbsorbedBy(*layer.node);
    if ((enters && !precision_.CanRange(*layer.input())) ||
        !precision_.CanRange(*planned.output())) {
      decision.reason = "calibration did not run it";
    }
  }
  decisions_.push_back(decision);
  if (!decision.reason.empty()) return;
  if (planned.activation != nullptr) absorbed_.insert(planned.activation);
  if (enters) AddRanged(layer.input());
  inside_.insert(planned.output());
  AddRanged(planned.output());
  layer_of_.emplace(layer.node, layers_.size());
  layers_.push_back(std::move(planned));
}

void Region::PlanOther(Node& node) {
  if (absorbed_.count(&node) != 0 || node.outputs().empty()) return;
  for (const Value* output : node.outputs()) {
    if (IsPinned(output)) return;
  }
  if (precision_.Joins(node) && AllInside(node)) {
    Node* activation = AbsorbedBy(node);
    Value* output = activation != nullptr ? activation->output() : node.output();
    if (!precision_.CanRange(*output)) return;
    if (activation != nullptr) {
      absorbed_.insert(activation);
      activation_of_.emplace(&node, activation);
    }
    inside_.insert(output);
    AddRanged(output);
    return;
  }
  if (!precision_.Passes(node) || !IsInside(node.input(0), node.owningBlock())) return;
  if (!std::all_of(node.outputs().begin(), node.outputs().end(), CanBeInside)) return;
  for (const Value* output : node.outputs()) inside_.insert(output);
}

bool Region::IsInside(const Value* value, const Block* block) const {
  return inside_.count(value) != 0 && value->node()->owningBlock() == block;
}

// Every tensor that goes in, those of a list made for this operator too.
bool Region::AllInside(const Node& node) const {
  int tensors = 0;
  for (const Value* input : node.inputs()) {
    const Node* maker = input->node();
    if (IsTensorList(input)) {
      if (maker->kind() != c10::prim::ListConstruct || input->uses().size() != 1) return false;
      for (const Value* element : maker->inputs()) {
        ++tensors;
        if (!IsInside(element, node.owningBlock())) return false;
      }
    } else if (IsTensor(input) && !ConstantOf(input).has_value()) {
      ++tensors;
      if (!IsInside(input, node.owningBlock())) return false;
    }
  }
  return tensors > 0;
}

bool Region::IsPinned(const Value* value) const { return changed_in_place_.count(value) != 0; }

Node* Region::AbsorbedBy(const Node& producer) const {
  const Value* output = producer.output();
  if (output->uses().size() != 1) return nullptr;
  Node* user = output->uses()[0].user;
  if (user->owningBlock() != producer.owningBlock() || user->inputs().empty()) return nullptr;
  if (user->input(0) != output || user->outputs().size() != 1) return nullptr;
  if (IsPinned(user->output()) || !precision_.Absorbs(producer, *user)) return nullptr;
  return user;
}

void Region::AddRanged(Value* value) {
  if (is_ranged_.insert(value).second) ranged_.push_back(value);
}

absl::Status Region::Lower() {
  EDGEBENCH_RETURN_IF_ERROR(LowerBlock(*graph_.block()));
  for (const auto& [original, left] : left_) original->replaceAllUsesWith(left);
  torch::jit::EliminateDeadCode(graph_.block());
  return absl::OkStatus();
}

absl::Status Region::LowerBlock(Block& block) {
  // A snapshot: nodes are added on the way.
  const std::vector<Node*> nodes(block.nodes().begin(), block.nodes().end());
  for (Node* node : nodes) {
    for (Block* inner : node->blocks()) EDGEBENCH_RETURN_IF_ERROR(LowerBlock(*inner));
    const auto layer = layer_of_.find(node);
    if (layer != layer_of_.end()) {
      EDGEBENCH_RETURN_IF_ERROR(LowerPlannedLayer(layers_[layer->second]));
    } else {
      LowerOther(*node);
    }
  }
  return absl::OkStatus();
}

absl::Status Region::LowerPlannedLayer(const RegionLayer& layer) {
  Node& place = *layer.layer.node;
  Value* input = Lowered(layer.layer.input(), place);
  EDGEBENCH_ASSIGN_OR_RETURN(Value * output, precision_.LowerLayer(layer, input, place));
  Record(layer.output(), output, place);
  return absl::OkStatus();
}

void Region::LowerOther(Node& node) {
  if (absorbed_.count(&node) != 0 || node.outputs().empty()) return;
  const auto activation = activation_of_.find(&node);
  Node* absorbed = activation == activation_of_.end() ? nullptr : activation->second;
  Value* output = absorbed != nullptr ? absorbed->output() : node.outputs()[0];
  if (inside_.count(output) == 0) return;
  if (precision_.Passes(node)) {
    Value* input = precision_.ForPassing(node, Lowered(node.input(0), node), node);
    Node* copy = node.owningGraph()->createClone(&node, [](Value* value) { return value; });
    copy->insertBefore(&node);
    copy->replaceInput(0, input);
    for (size_t i = 0; i < node.outputs().size(); ++i)
      Record(node.output(i), copy->output(i), node);
    return;
  }
  std::vector<Value*> inputs;
  for (Value* input : node.inputs()) {
    if (IsTensorList(input)) {
      std::vector<Value*> elements;
      for (Value* element : input->node()->inputs()) elements.push_back(Lowered(element, node));
      Node* list = graph_.createList(c10::TensorType::get(), elements);
      list->insertBefore(&node);
      inputs.push_back(list->output());
    } else {
      const bool is_operand = IsTensor(input) && !ConstantOf(input).has_value();
      inputs.push_back(is_operand ? Lowered(input, node) : input);
    }
  }
  Record(output, precision_.LowerJoin(node, absorbed, inputs, node), node);
}

// Of a value inside what was recorded; one from outside is made to enter, once in
// each block.
Value* Region::Lowered(Value* value, Node& place) {
  const Block* block = place.owningBlock();
  if (IsInside(value, block)) return lowered_.at(value);
  Value*& entered = entered_[{value, block}];
  if (entered == nullptr) entered = precision_.Enter(value, place);
  return entered;
}

// Who uses the value outside will get the one that has left the region. Those that
// nobody uses, dead code elimination takes away.
void Region::Record(Value* original, Value* lowered, Node& place) {
  lowered_[original] = lowered;
  if (IsTensor(original)) left_.emplace_back(original, precision_.Leave(lowered, place));
}

}  // namespace edgebench::worker
