#include "agent/worker/torch/described_operators.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "agent/worker/torch/executed_operators.h"
#include "agent/worker/torch/model_sizes.h"
#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/operator_tally.h"
#include "agent/worker/torch/operator_work.h"

namespace edgebench::worker {
namespace {

using Values = c10::ArrayRef<c10::IValue>;

// The tensors of a list of values, those in lists among them too, each once.
std::vector<at::Tensor> TensorsOf(c10::ArrayRef<const c10::IValue> values) {
  std::vector<at::Tensor> tensors;
  const auto add = [&](const at::Tensor& tensor) {
    const auto same = [&](const at::Tensor& other) { return other.is_same(tensor); };
    if (tensor.defined() && std::none_of(tensors.begin(), tensors.end(), same))
      tensors.push_back(tensor);
  };
  for (const c10::IValue& value : values) {
    if (value.isTensor()) add(value.toTensor());
    if (!value.isTensorList()) continue;
    for (const at::Tensor& tensor : value.toTensorVector()) add(tensor);
  }
  return tensors;
}

std::vector<at::Tensor> WeightsPackedIn(c10::ArrayRef<const c10::IValue> values) {
  const at::DisableRecordFunctionGuard unseen;  // unpacking runs operators as well
  std::vector<at::Tensor> weights;
  for (const c10::IValue& value : values) {
    for (const at::Tensor& tensor : UnpackedWeights(value)) weights.push_back(tensor);
  }
  return weights;
}

std::string ShapeOf(const std::vector<at::Tensor>& tensors) {
  return tensors.empty() ? "" : absl::StrJoin(tensors.front().sizes(), "x");
}

v1::Precision PrecisionOf(const std::vector<at::Tensor>& inputs) {
  if (inputs.empty()) return v1::PRECISION_UNSPECIFIED;
  const at::Tensor& first = inputs.front();
  if (first.is_quantized()) return v1::PRECISION_INT8_STATIC;
  switch (first.scalar_type()) {
    case at::kHalf:
      return v1::PRECISION_FP16;
    case at::kBFloat16:
      return v1::PRECISION_BF16;
    case at::kFloat:
      return v1::PRECISION_FP32;
    default:
      return v1::PRECISION_UNSPECIFIED;
  }
}

// "relu" of "aten::relu_"; "hardtanh" of "prim::MKLDNNHardTanh_".
std::string KindOf(absl::string_view function) {
  const size_t colons = function.rfind("::");
  if (colons != absl::string_view::npos) function.remove_prefix(colons + 2);
  if (function == "mkldnn_convolution") return "conv2d";
  const bool is_onednn = absl::ConsumePrefix(&function, "MKLDNN");
  const absl::string_view kind = absl::StripSuffix(function, "_");
  return is_onednn ? absl::AsciiStrToLower(kind) : std::string(kind);
}

struct Entry {
  DescribedOperator operation;
  std::vector<at::Tensor> inputs, packed;  // while it runs
  bool is_packed = false;                  // its weights are
  // The how manieth outermost call of the dispatcher; nullopt between marks.
  std::optional<size_t> call;
  bool has_weights = false;  // of a kind that Coverage counts
  bool is_recognized = false;
};

class Describer final : public MarkObserver {
 public:
  explicit Describer(const DescriptionContext& context)
      : context_(context), recognizer_(context.names) {}

  void OnStart(const at::RecordFunction& function) {
    const bool outermost_call = call_depth_++ == 0;
    if (outermost_call) ++calls_;
    if (depth_++ > 0) return;
    const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
    Entry& entry = Begin(function.name(), inputs);
    entry.call = calls_ - 1;
    const std::optional<ExecutedOperator> executed = recognizer_.Recognize(function);
    entry.is_recognized = executed.has_value();
    if (!executed.has_value()) return;
    entry.has_weights = executed->has_weights;
    entry.operation.kind = executed->kind;
    entry.operation.name = executed->name;
    entry.operation.precision = executed->precision;
  }

  void OnEnd(const at::RecordFunction& function) {
    --call_depth_;
    if (--depth_ > 0) return;
    const std::vector<c10::IValue>& stack = function.outputs();
    const size_t own = std::min(stack.size(), std::max<size_t>(function.num_outputs(), 1));
    End(c10::ArrayRef<c10::IValue>(stack).slice(stack.size() - own));
  }

  void OnEnter(size_t place, Values inputs) override {
    if (depth_++ > 0) return;
    const MarkedOperator& marked = context_.marked[place];
    Entry& entry = Begin(marked.function.c_str(), inputs);
    entry.operation.name = marked.name;
  }

  void OnLeave(size_t, Values outputs) override {
    if (--depth_ == 0) End(outputs);
  }

  std::vector<DescribedOperator> Take(const std::vector<OperatorCost>& costs) {
    std::vector<DescribedOperator> operators;
    for (Entry& entry : entries_) {
      if (entry.call.has_value() && !entry.is_packed)
        entry.operation.multiply_adds = SumOf(costs, entry);
      operators.push_back(std::move(entry.operation));
    }
    return operators;
  }

 private:
  Entry& Begin(const char* function, c10::ArrayRef<const c10::IValue> inputs) {
    Entry& entry = entries_.emplace_back();
    entry.inputs = TensorsOf(inputs);
    entry.packed = WeightsPackedIn(inputs);
    entry.is_packed = !entry.packed.empty();
    entry.operation.function = function;
    entry.operation.kind = KindOf(function);
    entry.operation.precision = PrecisionOf(entry.inputs);
    entry.operation.input_shape = ShapeOf(entry.inputs);
    return entry;
  }

  void End(Values values) {
    Entry& entry = entries_.back();
    DescribedOperator& operation = entry.operation;
    const std::vector<at::Tensor> outputs = TensorsOf(values);
    operation.output_shape = ShapeOf(outputs);
    operation.bytes =
        BytesMoved(operation.function, operation.kind, {entry.inputs, entry.packed, outputs});
    if (!outputs.empty() && !entry.inputs.empty()) CountWork(entry, outputs.front());
    entry.inputs.clear();
    entry.packed.clear();
  }

  static void CountWork(Entry& entry, const at::Tensor& output) {
    DescribedOperator& operation = entry.operation;
    if (entry.is_packed) {
      operation.multiply_adds =
          operation.kind == "embedding"
              ? 0
              : MultiplyAddsOfPacked(operation.kind, entry.inputs.front(), entry.packed, output);
    } else if (!entry.call.has_value()) {
      const bool convolves = operation.kind == "conv2d" && entry.inputs.size() > 1;
      operation.multiply_adds =
          convolves ? MultiplyAddsOfConvolution(entry.inputs[1], /*spatial=*/2, output) : 0;
    }
  }

  // Of a dispatcher's call: 0 where nothing in it multiplies.
  static std::optional<int64_t> SumOf(const std::vector<OperatorCost>& costs, const Entry& entry) {
    // An operator of the namespace quantized that only passes values on.
    if (entry.is_recognized && !entry.has_weights && entry.operation.kind != "bmm") return 0;
    int64_t sum = 0;
    for (const OperatorCost& cost : costs) {
      if (cost.outermost != *entry.call) continue;
      if (!cost.multiply_adds.has_value()) return std::nullopt;
      sum += *cost.multiply_adds;
    }
    return sum;
  }

  const DescriptionContext& context_;
  OperatorRecognizer recognizer_;
  std::vector<Entry> entries_;
  int depth_ = 0;       // of calls and marks
  int call_depth_ = 0;  // of calls alone
  size_t calls_ = 0;    // of the outermost ones
};

using Describing = OperatorTally<Describer>;

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  Describing::Current().OnStart(function);
  return nullptr;
}

void OnEnd(const at::RecordFunction& function, at::ObserverContext*) {
  Describing::Current().OnEnd(function);
}

}  // namespace

std::vector<DescribedOperator> DescribeOperators(const DescriptionContext& context,
                                                 const std::function<void()>& inference) {
  Describer describer(context);
  const std::vector<OperatorCost> costs = ListCosts([&] {
    const Describing scope(
        describer, at::RecordFunctionCallback(OnStart, OnEnd).needsInputs(true).needsOutputs(true));
    const MarkScope marks(describer);
    inference();
  });
  return describer.Take(costs);
}

}  // namespace edgebench::worker
