#include "agent/worker/torch/quantization/calibration.h"

#include <torch/csrc/jit/runtime/custom_operator.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/activation_observers.h"
#include "agent/worker/torch/quantization/graph.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// One value of the graph under watch.
struct Watch {
  std::string value;  // its name in the graph
  std::string operator_name;
  std::unique_ptr<ActivationObserver> observer;
  bool reached = false;
};

// The operators of a graph are plain functions: they find the calibration that is
// under way here.
std::vector<Watch>* g_watches = nullptr;

class CalibrationScope {
 public:
  explicit CalibrationScope(std::vector<Watch>& watches) { g_watches = &watches; }
  ~CalibrationScope() { g_watches = nullptr; }
  CalibrationScope(const CalibrationScope&) = delete;
  CalibrationScope& operator=(const CalibrationScope&) = delete;
};

void Observe(torch::jit::Stack& stack) {
  const int64_t index = torch::jit::pop(stack).toInt();
  const at::Tensor values = torch::jit::pop(stack).toTensor();
  if (g_watches == nullptr || values.numel() == 0) return;
  Watch& watch = g_watches->at(static_cast<size_t>(index));
  watch.reached = true;
  watch.observer->Observe(values.detach().to(at::kCPU, at::kFloat));
}

const torch::jit::RegisterOperators kObserve(
    {torch::jit::Operator("edgebench::observe(Tensor values, int index) -> ()", Observe,
                          c10::AliasAnalysisKind::CONSERVATIVE)});

void InsertWatch(torch::jit::Graph& graph, Value* value, size_t index) {
  Node* made_by = value->node();
  Node* const after = made_by->kind() == c10::prim::Param ? *made_by->owningBlock()->nodes().begin()
                                                          : made_by->next();
  Value* number = ConstantBefore(*after, static_cast<int64_t>(index));
  Node* watch = graph.create(Kind("edgebench::observe"), {value, number}, /*num_outputs=*/0);
  watch->insertBefore(after);
}

std::string OperatorBehind(const Value& value) {
  const std::string name = OperatorName(*value.node());
  return name.empty() ? absl::StrCat("the value ", value.debugName()) : name;
}

absl::StatusOr<ActivationRanges> RangesOf(const std::vector<Watch>& watches) {
  ActivationRanges ranges;
  for (const Watch& watch : watches) {
    if (!watch.reached) continue;
    const absl::StatusOr<AffineParameters> range = watch.observer->Parameters();
    if (!range.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("calibration met ", range.status().message(), " at ", watch.operator_name,
                       "; check the calibration data and the model's fp32 outputs"));
    }
    ranges[watch.value] = *range;
  }
  return ranges;
}

}  // namespace

absl::StatusOr<ActivationRanges> Calibrate(const FrozenModel& model,
                                           const std::vector<Value*>& watched,
                                           const std::string& observer, int levels,
                                           const CalibrationBatches& batches) {
  std::vector<Watch> watches;
  std::map<std::string, size_t> index_of;
  for (const Value* value : watched) {
    Watch watch{value->debugName(), OperatorBehind(*value), nullptr};
    EDGEBENCH_ASSIGN_OR_RETURN(watch.observer, MakeActivationObserver(observer, levels));
    index_of[watch.value] = watches.size();
    watches.push_back(std::move(watch));
  }
  const FrozenModel copy = model.Clone();
  const std::shared_ptr<torch::jit::Graph> graph = copy.graph();
  // Names are the same in the copy.
  std::vector<Value*> twins;
  const auto collect = [&](Value* value) {
    if (index_of.count(value->debugName()) != 0) twins.push_back(value);
  };
  for (Value* input : graph->inputs()) collect(input);
  ForEachNode(*graph->block(), [&](Node& node) {
    for (Value* output : node.outputs()) collect(output);
    for (torch::jit::Block* inner : node.blocks()) {
      for (Value* input : inner->inputs()) collect(input);
    }
  });
  for (Value* twin : twins) InsertWatch(*graph, twin, index_of.at(twin->debugName()));

  const CalibrationScope scope(watches);
  int count = 0;
  EDGEBENCH_RETURN_IF_ERROR(batches([&](const ModelInputs& inputs) -> absl::Status {
    ++count;
    RunGraph(graph, copy.StackFor(inputs));
    return absl::OkStatus();
  }));
  if (count == 0) {
    return absl::InvalidArgumentError(
        "int8-static needs at least one set of calibration inputs, and there is none");
  }
  return RangesOf(watches);
}

}  // namespace edgebench::worker
