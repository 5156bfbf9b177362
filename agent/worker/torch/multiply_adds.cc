#include "agent/worker/torch/multiply_adds.h"

#include <ATen/record_function.h>
#include <torch/script.h>

#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "agent/worker/torch/operator_tally.h"

namespace edgebench::worker {
namespace {

// Operators call others: aten::linear calls aten::addmm. Only the outermost of
// these is counted.
struct Tally {
  int64_t multiply_adds = 0;
  bool unknown = false;
  int depth = 0;  // of operators that are counted
};

using Operators = OperatorTally<Tally>;

enum class Formula { kConvolution, kTransposed, kLinear, kProduct, kBiasedProduct };

struct CountedOperator {
  absl::string_view name;
  Formula formula;
};

constexpr CountedOperator kCounted[] = {
    {"aten::conv1d", Formula::kConvolution},
    {"aten::conv2d", Formula::kConvolution},
    {"aten::conv3d", Formula::kConvolution},
    {"aten::conv_transpose1d", Formula::kTransposed},
    {"aten::conv_transpose2d", Formula::kTransposed},
    {"aten::conv_transpose3d", Formula::kTransposed},
    {"aten::linear", Formula::kLinear},
    {"aten::matmul", Formula::kProduct},
    {"aten::mm", Formula::kProduct},
    {"aten::bmm", Formula::kProduct},
    {"aten::mv", Formula::kProduct},
    {"aten::dot", Formula::kProduct},
    {"aten::addmm", Formula::kBiasedProduct},
    {"aten::baddbmm", Formula::kBiasedProduct},
};

constexpr size_t kTransposedArgument = 6;
constexpr absl::string_view kGenericConvolutions[] = {"aten::_convolution", "aten::convolution"};

bool IsGenericConvolution(absl::string_view name) {
  for (const absl::string_view known : kGenericConvolutions) {
    if (name == known) return true;
  }
  return false;
}

bool HasUnknownWork(absl::string_view name) {
  return absl::StartsWith(name, "quantized::") || absl::StartsWith(name, "mkldnn_prepacked::") ||
         absl::StartsWith(name, "prepacked::") || absl::StrContains(name, "mkldnn_rnn") ||
         absl::StrContains(name, "scaled_dot_product") ||
         absl::StrContains(name, "_native_multi_head") ||
         absl::StrContains(name, "_transformer_encoder_layer_fwd");
}

// The outputs too are the whole stack.
const c10::IValue* OutputOf(const at::RecordFunction& function) {
  const std::vector<c10::IValue>& stack = function.outputs();
  return stack.empty() ? nullptr : &stack.back();
}

std::optional<Formula> FormulaOf(const at::RecordFunction& function,
                                 c10::ArrayRef<const c10::IValue> inputs) {
  const absl::string_view name = function.name();
  if (IsGenericConvolution(name)) {
    const bool transposed = inputs.size() > kTransposedArgument &&
                            inputs[kTransposedArgument].isBool() &&
                            inputs[kTransposedArgument].toBool();
    return transposed ? Formula::kTransposed : Formula::kConvolution;
  }
  for (const CountedOperator& counted : kCounted) {
    if (name == counted.name) return counted.formula;
  }
  return std::nullopt;
}

// What the operator will do, remembered until its output is known.
struct Work final : at::ObserverContext {
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
  }
}

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  auto work = std::make_unique<Work>();
  Tally& tally = Operators::Current();
  if (HasUnknownWork(function.name())) tally.unknown = true;
  const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
  const std::optional<Formula> formula = FormulaOf(function, inputs);
  if (!formula.has_value()) return work;
  work->counted = true;
  if (tally.depth++ == 0) Plan(*formula, inputs, *work);
  return work;
}

void OnEnd(const at::RecordFunction& function, at::ObserverContext* context) {
  const Work& work = *static_cast<Work*>(context);
  if (!work.counted) return;
  Tally& tally = Operators::Current();
  --tally.depth;
  tally.multiply_adds += work.fixed;
  if (work.per_output == 0) return;
  const c10::IValue* output = OutputOf(function);
  if (output != nullptr && output->isTensor()) {
    tally.multiply_adds += work.per_output * output->toTensor().numel();
  }
}

}  // namespace

std::optional<int64_t> CountMultiplyAdds(const std::function<void()>& inference) {
  Tally tally;
  {
    const Operators scope(
        tally, at::RecordFunctionCallback(OnStart, OnEnd).needsInputs(true).needsOutputs(true));
    inference();
  }
  if (tally.unknown || tally.multiply_adds == 0) return std::nullopt;
  return tally.multiply_adds;
}

}  // namespace edgebench::worker
