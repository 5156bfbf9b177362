#include "agent/worker/torch/graph_marks.h"

#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/operator.h>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantization/graph.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;

constexpr char kEnter[] = "edgebench::enter";
constexpr char kLeave[] = "edgebench::leave";

thread_local MarkObserver* observer = nullptr;

c10::Symbol PlaceAttribute() { return c10::Symbol::attr("place"); }

using Told = void (MarkObserver::*)(size_t, c10::ArrayRef<c10::IValue>);

// What a mark does when it is passed; what it is given goes from the stack.
template <Told kTold>
torch::jit::Operation OperationOf(const Node* node) {
  const auto place = static_cast<size_t>(node->i(PlaceAttribute()));
  const size_t given = node->inputs().size();
  return [place, given](torch::jit::Stack& stack) {
    if (observer != nullptr) {
      (observer->*kTold)(place, c10::ArrayRef<c10::IValue>(stack).slice(stack.size() - given));
    }
    torch::jit::drop(stack, given);
  };
}

void RegisterMarks() {
  // CONSERVATIVE: passes may neither remove a mark nor move anything across it.
  constexpr auto kStays = c10::AliasAnalysisKind::CONSERVATIVE;
  static const torch::jit::RegisterOperators registered(
      {torch::jit::Operator(Kind(kEnter), OperationOf<&MarkObserver::OnEnter>, kStays),
       torch::jit::Operator(Kind(kLeave), OperationOf<&MarkObserver::OnLeave>, kStays)});
}

// Those of torch/csrc/jit/passes/frozen_ops_to_mkldnn.cpp, without the loading of constants.
bool IsHidden(const Node& node) {
  if (!node.kind().is_prim()) return false;
  const absl::string_view name = node.kind().toUnqualString();
  return name == "mkldnn_convolution" || name == "BroadcastMKLDNNTensors" ||
         absl::StartsWith(name, "MKLDNN");
}

// "features.0.0" of the constant "self.features.0.0.weight_fused_bn_mkldnn": freezing calls
// constants by the attributes that they were.
std::string NameOf(const Node& node) {
  for (const torch::jit::Value* input : node.inputs()) {
    const std::string constant = input->debugName();
    absl::string_view path = constant;
    if (absl::ConsumePrefix(&path, "self.") && absl::StrContains(path, ".weight"))
      return OwnerOf(std::string(path));
  }
  return "";
}

void Mark(Node& node, const char* kind, size_t place, at::ArrayRef<torch::jit::Value*> values,
          bool before) {
  Node* mark = node.owningGraph()->create(Kind(kind), values, /*num_outputs=*/0);
  mark->i_(PlaceAttribute(), static_cast<int64_t>(place));
  if (before) {
    mark->insertBefore(&node);
  } else {
    mark->insertAfter(&node);
  }
}

}  // namespace

MarkScope::MarkScope(MarkObserver& observes) { observer = &observes; }

MarkScope::~MarkScope() { observer = nullptr; }

MarkedGraph MarkHiddenOperators(const torch::jit::Graph& graph) {
  RegisterMarks();
  MarkedGraph marked;
  marked.graph = const_cast<torch::jit::Graph&>(graph).copy();  // not const in LibTorch 1.13
  ForEachNode(*marked.graph->block(), [&](Node& node) {
    if (!IsHidden(node)) return;
    const size_t place = marked.operators.size();
    marked.operators.push_back({node.kind().toQualString(), NameOf(node)});
    Mark(node, kEnter, place, node.inputs(), /*before=*/true);
    Mark(node, kLeave, place, node.outputs(), /*before=*/false);
  });
  return marked;
}

}  // namespace edgebench::worker
