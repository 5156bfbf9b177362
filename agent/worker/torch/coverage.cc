#include "agent/worker/torch/coverage.h"

#include <ATen/record_function.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "agent/worker/torch/operator_tally.h"
#include "common/names.h"

namespace edgebench::worker {
namespace {

struct KnownOperator {
  absl::string_view name;
  absl::string_view kind;
};

// In floating point. Each calls others of the list; the outermost counts.
constexpr KnownOperator kFloatOperators[] = {
    {"aten::conv1d", "conv1d"},
    {"aten::conv2d", "conv2d"},
    {"aten::conv3d", "conv3d"},
    {"aten::conv_transpose1d", "conv_transpose1d"},
    {"aten::conv_transpose2d", "conv_transpose2d"},
    {"aten::conv_transpose3d", "conv_transpose3d"},
    {"aten::_convolution", "conv"},
    {"aten::convolution", "conv"},
    {"aten::mkldnn_convolution", "conv"},
    {"mkldnn::_convolution_pointwise", "conv"},
    {"mkldnn_prepacked::conv2d_run", "conv2d"},
    {"prepacked::conv2d_clamp_run", "conv2d"},
    {"aten::linear", "linear"},
    {"aten::addmm", "linear"},
    {"aten::mkldnn_linear", "linear"},
    {"mkldnn::_linear_pointwise", "linear"},
    {"prepacked::linear_clamp_run", "linear"},
    {"quantized::linear_dynamic_fp16", "linear"},
    {"quantized::linear_relu_dynamic_fp16", "linear"},
    {"aten::lstm", "lstm"},
    {"aten::lstm_cell", "lstm_cell"},
    {"aten::gru", "gru"},
    {"aten::gru_cell", "gru_cell"},
    {"aten::rnn_tanh", "rnn"},
    {"aten::rnn_relu", "rnn"},
    {"aten::_transformer_encoder_layer_fwd", "transformer_encoder_layer"},
    {"aten::_native_multi_head_attention", "multi_head_attention"},
};

constexpr absl::string_view kInt8Prefixes[] = {
    "quantized::conv",
    "quantized::linear",
    "aten::quantized_lstm",
    "aten::quantized_gru",
    "quantized::quantized_lstm_cell_dynamic",
    "quantized::quantized_gru_cell_dynamic",
    "quantized::quantized_rnn",
};

bool IsInt8(absl::string_view name) {
  if (absl::EndsWith(name, "_prepack") || absl::StrContains(name, "unpack")) return false;
  if (absl::StrContains(name, "_fp16")) return false;  // though in the namespace quantized
  for (const absl::string_view prefix : kInt8Prefixes) {
    if (absl::StartsWith(name, prefix)) return true;
  }
  return false;
}

// Freezing rewrites linear as matmul; a product with a matrix, rather than with
// a batch of them as in attention, is one.
bool IsLinearAsMatmul(const at::RecordFunction& function) {
  const absl::string_view name = function.name();
  if (name != "aten::matmul" && name != "aten::mm") return false;
  const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
  return inputs.size() == 2 && inputs[1].isTensor() && inputs[1].toTensor().dim() == 2;
}

absl::string_view FloatKind(const at::RecordFunction& function) {
  const absl::string_view name = function.name();
  for (const KnownOperator& known : kFloatOperators) {
    if (name == known.name) return known.kind;
  }
  return IsLinearAsMatmul(function) ? "linear" : "";
}

struct Tally {
  int depth = 0;  // of counted operators
  int int8 = 0;
  std::map<std::string, int> floating;  // by kind
};

using Operators = OperatorTally<Tally>;

struct Counted final : at::ObserverContext {};

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  Tally& tally = Operators::Current();
  const bool int8 = IsInt8(function.name());
  const absl::string_view kind = int8 ? "" : FloatKind(function);
  if (!int8 && kind.empty()) return nullptr;
  if (tally.depth++ == 0) {
    if (int8) {
      ++tally.int8;
    } else {
      ++tally.floating[std::string(kind)];
    }
  }
  return std::make_unique<Counted>();
}

void OnEnd(const at::RecordFunction&, at::ObserverContext* counted) {
  if (counted != nullptr) --Operators::Current().depth;
}

int CountMkldnnConvolutions(const torch::jit::Block& block) {
  static const c10::Symbol kKind = c10::Symbol::fromQualString("prim::mkldnn_convolution");
  int count = 0;
  for (const torch::jit::Node* node : block.nodes()) {
    if (node->kind() == kKind) ++count;
    for (const torch::jit::Block* inner : node->blocks()) count += CountMkldnnConvolutions(*inner);
  }
  return count;
}

bool IsRecurrent(absl::string_view kind) {
  return absl::StartsWith(kind, "lstm") || absl::StartsWith(kind, "gru") || kind == "rnn";
}

std::string Reason(absl::string_view kind, v1::Precision requested, const Tally& tally) {
  if (kind == "transformer_encoder_layer" || kind == "multi_head_attention") {
    return "LibTorch runs it as one fused fp32 kernel, past the quantized operators in the graph";
  }
  switch (requested) {
    case v1::PRECISION_INT8_DYNAMIC:
      if (kind == "linear") return "LibTorch's passes did not recognize it";
      if (tally.int8 == 0 && tally.floating.count("linear") == 0) {
        return "nothing in this model is Linear: int8-dynamic changed nothing";
      }
      return "int8-dynamic covers linear only";
    case v1::PRECISION_INT8_STATIC:
      if (IsRecurrent(kind)) return "int8-static has no kernel for recurrent layers";
      return "LibTorch's passes did not recognize it";
    case v1::PRECISION_AS_STORED:
      return "stored in floating point";
    default:
      return PrecisionName(requested) + " was asked for";
  }
}

}  // namespace

v1::Coverage MeasureCoverage(torch::jit::Module& module, const ModelInputs& inputs,
                             v1::Precision requested) {
  Tally tally;
  {
    // As it is measured. Besides, what optimize_for_inference made cannot run
    // otherwise on Debian 13: LibTorch built with Vulkan has no autograd kernel of
    // max_pool2d for oneDNN's tensors, and throws or crashes.
    const c10::InferenceMode no_gradients;
    const Operators scope(tally, at::RecordFunctionCallback(OnStart, OnEnd).needsInputs(true));
    module.forward(inputs);
  }
  const int mkldnn = CountMkldnnConvolutions(*module.get_method("forward").graph()->block());
  if (mkldnn > 0) tally.floating["conv2d"] += mkldnn;

  v1::Coverage coverage;
  int total = tally.int8;
  for (const auto& [kind, count] : tally.floating) {
    v1::Coverage::Operator& skipped = *coverage.add_skipped();
    skipped.set_kind(kind);
    skipped.set_reason(Reason(kind, requested, tally));
    skipped.set_count(count);
    total += count;
  }
  coverage.set_int8_ops(tally.int8);
  coverage.set_total_ops(total);
  return coverage;
}

}  // namespace edgebench::worker
