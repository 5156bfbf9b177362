#include "agent/worker/torch/multiply_adds.h"

#include <ATen/record_function.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/operator_tally.h"

namespace edgebench::worker {
namespace {

// Operators call others: aten::linear calls aten::addmm, and aten::lstm a linear for
// each gate. Only the outermost is listed, and only the outermost multiplication in it
// is counted.
struct Tally {
  std::vector<OperatorCost> costs;
  bool inside = false;   // of an operator that is listed: costs.back()
  int multiplying = 0;   // depth of operators that are counted
  int depth = 0;         // of operators of any kind
  size_t outermost = 0;  // calls that no operator made, so far
};

using Operators = OperatorTally<Tally>;

enum class Formula {
  kNone,
  kConvolution,
  kTransposed,
  kLinear,
  kProduct,
  kBiasedProduct,
  kRecurrentLayer
};

struct ListedOperator {
  absl::string_view name;
  const char* kind;
  Formula formula;
  int weight;  // place among the arguments; -1: it has none
};

constexpr ListedOperator kListed[] = {
    {"aten::conv1d", "conv1d", Formula::kConvolution, 1},
    {"aten::conv2d", "conv2d", Formula::kConvolution, 1},
    {"aten::conv3d", "conv3d", Formula::kConvolution, 1},
    {"aten::conv_transpose1d", "conv_transpose1d", Formula::kTransposed, 1},
    {"aten::conv_transpose2d", "conv_transpose2d", Formula::kTransposed, 1},
    {"aten::conv_transpose3d", "conv_transpose3d", Formula::kTransposed, 1},
    {"aten::_convolution", "convolution", Formula::kConvolution, 1},
    {"aten::convolution", "convolution", Formula::kConvolution, 1},
    {"aten::linear", "linear", Formula::kLinear, 1},
    {"aten::matmul", "matmul", Formula::kProduct, -1},
    {"aten::mm", "matmul", Formula::kProduct, -1},
    {"aten::bmm", "matmul", Formula::kProduct, -1},
    {"aten::mv", "matmul", Formula::kProduct, -1},
    {"aten::dot", "matmul", Formula::kProduct, -1},
    {"aten::addmm", "matmul", Formula::kBiasedProduct, -1},
    {"aten::baddbmm", "matmul", Formula::kBiasedProduct, -1},
    {"aten::lstm", "lstm", Formula::kNone, 2},
    {"aten::gru", "gru", Formula::kNone, 2},
    {"aten::lstm_cell", "lstm_cell", Formula::kNone, 2},
    {"aten::gru_cell", "gru_cell", Formula::kNone, 2},
    {"aten::mkldnn_rnn_layer", "mkldnn_rnn_layer", Formula::kRecurrentLayer, 1},
    {"aten::batch_norm", "batch_norm", Formula::kNone, 1},
    {"aten::layer_norm", "layer_norm", Formula::kNone, 2},
    {"aten::group_norm", "group_norm", Formula::kNone, 2},
    {"aten::embedding", "embedding", Formula::kNone, 0},
};

constexpr size_t kTransposedArgument = 6;
bool HasUnknownWork(absl::string_view name) {
  return absl::StartsWith(name, "quantized::") || absl::StartsWith(name, "mkldnn_prepacked::") ||
         absl::StartsWith(name, "prepacked::") || absl::StrContains(name, "scaled_dot_product") ||
         absl::StrContains(name, "_native_multi_head") ||
         absl::StrContains(name, "_transformer_encoder_layer_fwd");
}

// The first of its outputs; those too are the whole stack.
const c10::IValue* OutputOf(const at::RecordFunction& function) {
  const std::vector<c10::IValue>& stack = function.outputs();
  const size_t own = std::min(stack.size(), std::max<size_t>(function.num_outputs(), 1));
  return stack.empty() ? nullptr : &stack[stack.size() - own];
}

const ListedOperator* Find(absl::string_view name) {
  for (const ListedOperator& listed : kListed) {
    if (name == listed.name) return &listed;
  }
  return nullptr;
}

Formula FormulaOf(const ListedOperator& listed, c10::ArrayRef<const c10::IValue> inputs) {
  const bool may_transpose =
      listed.name == "aten::_convolution" || listed.name == "aten::convolution";
  if (may_transpose && inputs.size() > kTransposedArgument &&
      inputs[kTransposedArgument].isBool() && inputs[kTransposedArgument].toBool()) {
    return Formula::kTransposed;
  }
  return listed.formula;
}

// What the operator will do, remembered until its output is known.
struct Work final : at::ObserverContext {
  bool listed = false;  // as costs.back(), which is open until it ends
  bool counted = false;
  // Multiply-adds per element of the output, or in all when the input decides.
  int64_t per_output = 0;
  int64_t fixed = 0;
};

int64_t ElementsOfOneFilter(const at::Tensor& weight) {
  return weight.size(0) == 0 ? 0 : weight.numel() / weight.size(0);
}

int64_t LastDimension(const at::Tensor& tensor) { return tensor.dim() == 0 ? 1 : tensor.size(-1); }

void Plan(Formula formula, c10::ArrayRef<const c10::IValue> inputs, Work& work) {
  switch (formula) {
    case Formula::kNone:
      return;
    case Formula::kConvolution:
      work.per_output = ElementsOfOneFilter(inputs[1].toTensor());
      return;
    case Formula::kTransposed:
      work.fixed = inputs[0].toTensor().numel() * ElementsOfOneFilter(inputs[1].toTensor());
      return;
    case Formula::kLinear:
    case Formula::kProduct:
      work.per_output = LastDimension(inputs[0].toTensor());
      return;
    case Formula::kBiasedProduct:
      work.per_output = LastDimension(inputs[1].toTensor());
      return;
    case Formula::kRecurrentLayer: {
      // One direction: at every step of every sequence the input through the one weight,
      // the state through the other.
      const at::Tensor& input = inputs[0].toTensor();
      const int64_t steps = input.numel() / std::max<int64_t>(LastDimension(input), 1);
      work.fixed = steps * (inputs[1].toTensor().numel() + inputs[2].toTensor().numel());
      return;
    }
  }
}

void Open(const ListedOperator& listed, c10::ArrayRef<const c10::IValue> inputs, Tally& tally) {
  OperatorCost cost;
  cost.kind = listed.kind;
  cost.outermost = tally.outermost - 1;
  const auto place = static_cast<size_t>(listed.weight);
  if (listed.weight >= 0 && place < inputs.size()) cost.weight = KeyOf(inputs[place]);
  tally.costs.push_back(std::move(cost));
  tally.inside = true;
}

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  auto work = std::make_unique<Work>();
  Tally& tally = Operators::Current();
  if (tally.depth++ == 0) ++tally.outermost;
  const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
  if (HasUnknownWork(function.name())) {
    if (!tally.inside) {
      tally.costs.emplace_back().kind = function.name();
      tally.costs.back().outermost = tally.outermost - 1;
    }
    tally.costs.back().multiply_adds = std::nullopt;
  }
  const ListedOperator* listed = Find(function.name());
  if (listed == nullptr) return work;
  work->listed = !tally.inside;
  if (work->listed) Open(*listed, inputs, tally);
  const Formula formula = FormulaOf(*listed, inputs);
  work->counted = formula != Formula::kNone;
  if (work->counted && tally.multiplying++ == 0) Plan(formula, inputs, *work);
  return work;
}

void OnEnd(const at::RecordFunction& function, at::ObserverContext* context) {
  const Work& work = *static_cast<Work*>(context);
  Tally& tally = Operators::Current();
  --tally.depth;
  if (!work.listed && !work.counted) return;
  OperatorCost& cost = tally.costs.back();
  const c10::IValue* output = OutputOf(function);
  const bool is_tensor = output != nullptr && output->isTensor() && output->toTensor().defined();
  int64_t multiply_adds = work.fixed;
  if (is_tensor) multiply_adds += work.per_output * output->toTensor().numel();
  if (cost.multiply_adds) *cost.multiply_adds += multiply_adds;
  if (work.counted) --tally.multiplying;
  if (!work.listed) return;
  if (is_tensor) cost.output_shape = output->toTensor().sizes().vec();
  tally.inside = false;
}

}  // namespace

std::vector<OperatorCost> ListCosts(const std::function<void()>& inference) {
  Tally tally;
  {
    const Operators scope(
        tally, at::RecordFunctionCallback(OnStart, OnEnd).needsInputs(true).needsOutputs(true));
    inference();
  }
  return std::move(tally.costs);
}

std::optional<int64_t> TotalMultiplyAdds(const std::vector<OperatorCost>& costs) {
  int64_t total = 0;
  for (const OperatorCost& cost : costs) {
    if (!cost.multiply_adds) return std::nullopt;
    total += *cost.multiply_adds;
  }
  if (total == 0) return std::nullopt;
  return total;
}

std::optional<int64_t> CountMultiplyAdds(const std::function<void()>& inference) {
  return TotalMultiplyAdds(ListCosts(inference));
}

}  // namespace edgebench::worker
