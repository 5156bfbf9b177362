#include "agent/worker/torch/write_analysis.h"

#include <torch/csrc/jit/passes/inliner.h>

#include <optional>
#include <unordered_set>

namespace edgebench::worker {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// Follows what is written back to where its memory may come from. LibTorch's AliasDb
// knows more, of all values, and takes as long as loading the whole model does.
class WriteSearch {
 public:
  WriteSearch(const torch::jit::Module& module,
              const std::function<bool(const at::Tensor&)>& concerns)
      : module_(module), concerns_(concerns), graph_(module.get_method("forward").graph()->copy()) {
    torch::jit::Inline(*graph_);
  }

  bool Finds() { return FindsIn(*graph_->block()); }

 private:
  bool FindsIn(const Block& block) {
    for (const Node* node : block.nodes()) {
      if (NodeWrites(*node)) return true;
      for (const Block* inner : node->blocks()) {
        if (FindsIn(*inner)) return true;
      }
    }
    return false;
  }

  bool NodeWrites(const Node& node) {
    // What is left of calls after inlining are those of interfaces: anything may happen.
    if (node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction) return true;
    const c10::FunctionSchema* schema = node.maybeSchema();
    if (schema == nullptr || !schema->is_mutable()) return false;
    for (size_t i = 0; i < node.inputs().size() && i < schema->arguments().size(); ++i) {
      const c10::AliasInfo* alias = schema->arguments()[i].alias_info();
      if (alias != nullptr && alias->isWrite() && ComesFromModule(node.input(i))) return true;
    }
    return false;
  }

  bool ComesFromModule(const Value* value) {
    if (!seen_.insert(value).second) return false;
    const Node& node = *value->node();
    if (node.kind() == c10::prim::Constant) return HoldsConcern(torch::jit::toIValue(value));
    if (node.kind() == c10::prim::GetAttr) return HoldsConcern(Attribute(value));
    if (node.kind() == c10::prim::Param) return BlockInputComesFromModule(node);
    if (IsFresh(value)) return false;
    return AnyComesFromModule(node.inputs()) || BlocksReturnFromModule(node);
  }

  // The inputs of a loop's body are those of the loop, and what the body returns.
  bool BlockInputComesFromModule(const Node& parameters) {
    const Node* owner = parameters.owningBlock()->owningNode();
    if (owner == nullptr) return false;  // inputs of forward
    return AnyComesFromModule(owner->inputs()) || BlocksReturnFromModule(*owner);
  }

  bool BlocksReturnFromModule(const Node& node) {
    for (const Block* block : node.blocks()) {
      if (AnyComesFromModule(block->outputs())) return true;
    }
    return false;
  }

  bool AnyComesFromModule(at::ArrayRef<const Value*> values) {
    for (const Value* value : values) {
      if (ComesFromModule(value)) return true;
    }
    return false;
  }

  // New memory, as every operator of tensors returns that does not say otherwise.
  static bool IsFresh(const Value* value) {
    const Node& node = *value->node();
    const c10::FunctionSchema* schema = node.maybeSchema();
    if (schema == nullptr || node.kind().is_prim()) return false;
    if (value->offset() >= schema->returns().size()) return false;
    return schema->returns()[value->offset()].alias_info() == nullptr;
  }

  // nullopt where it is not known before forward runs.
  std::optional<c10::IValue> Attribute(const Value* value) const {
    if (value == graph_->inputs()[0]) return module_._ivalue();
    const Node& node = *value->node();
    if (node.kind() != c10::prim::GetAttr) return std::nullopt;
    const std::optional<c10::IValue> object = Attribute(node.input());
    if (!object.has_value() || !object->isObject()) return std::nullopt;
    return object->toObjectRef().getAttr(node.s(c10::attr::name));
  }

  template <typename OptionalValue>
  bool HoldsConcern(const OptionalValue& value) const {
    if (!value.has_value()) return true;
    bool holds = false;
    value->visit([&](const c10::IValue& part) {
      holds = holds || (part.isTensor() && part.toTensor().defined() && concerns_(part.toTensor()));
      return holds;
    });
    return holds;
  }

  const torch::jit::Module& module_;
  const std::function<bool(const at::Tensor&)>& concerns_;
  std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_set<const Value*> seen_;
};

}  // namespace

bool WritesTensorsOfItsOwn(const torch::jit::Module& module,
                           const std::function<bool(const at::Tensor&)>& concerns) {
  return WriteSearch(module, concerns).Finds();
}

}  // namespace edgebench::worker
