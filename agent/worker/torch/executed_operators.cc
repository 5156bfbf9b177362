#include "agent/worker/torch/executed_operators.h"

#include <ATen/record_function.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "agent/worker/torch/inline_forks.h"
#include "agent/worker/torch/operator_tally.h"

namespace edgebench::worker {
namespace {

struct KnownOperator {
  absl::string_view name;
  absl::string_view kind;
};

// In floating point. Each calls others of the list; the outermost counts.
constexpr KnownOperator kFloatLayers[] = {
    {"aten::conv1d", "conv1d"},
    {"aten::conv2d", "conv2d"},
    {"aten::conv3d", "conv3d"},
    {"aten::conv_transpose1d", "conv_transpose1d"},
    {"aten::conv_transpose2d", "conv_transpose2d"},
    {"aten::conv_transpose3d", "conv_transpose3d"},
    {"aten::_convolution", "conv"},
    {"aten::_convolution_mode", "conv"},
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
    {"aten::embedding", "embedding"},
    {"aten::embedding_bag", "embedding_bag"},
    {"aten::_transformer_encoder_layer_fwd", "transformer_encoder_layer"},
    {"aten::_native_multi_head_attention", "multi_head_attention"},
};

constexpr KnownOperator kInt8Layers[] = {
    {"aten::quantized_lstm", "lstm"},
    {"aten::quantized_gru", "gru"},
    {"quantized::quantized_lstm_cell_dynamic", "lstm_cell"},
    {"quantized::quantized_gru_cell_dynamic", "gru_cell"},
    {"quantized::embedding_byte", "embedding"},
    {"quantized::embedding_bag_byte", "embedding_bag"},
};

// Between layers; in int8 the same name on a quantized tensor, or one of LibTorch's
// namespace quantized.
constexpr absl::string_view kOthers[] = {
    "add",        "mul",        "cat",  "hardswish",  "hardsigmoid", "sigmoid",
    "tanh",       "gelu",       "silu", "leaky_relu", "elu",         "softmax",
    "layer_norm", "batch_norm", "bmm",  "max_pool2d", "avg_pool2d",  "adaptive_avg_pool2d",
};

// "conv2d" of "quantized::conv2d_relu", "linear" of "quantized::linear_dynamic".
std::optional<absl::string_view> KindOfQuantizedLayer(absl::string_view name) {
  if (absl::EndsWith(name, "_prepack") || absl::StrContains(name, "unpack")) return std::nullopt;
  if (absl::StrContains(name, "_fp16")) return std::nullopt;  // though in the namespace quantized
  for (const KnownOperator& known : kInt8Layers) {
    if (name == known.name) return known.kind;
  }
  for (const absl::string_view kind : {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
                                       "conv1d", "conv2d", "conv3d", "linear"}) {
    if (absl::StartsWith(name, std::string("quantized::").append(kind.data(), kind.size()))) {
      return kind;
    }
  }
  return std::nullopt;
}

// Freezing rewrites linear as matmul; a product with a matrix, rather than with
// a batch of them as in attention, is one.
bool IsLinearAsMatmul(const at::RecordFunction& function) {
  const absl::string_view name = function.name();
  if (name != "aten::matmul" && name != "aten::mm") return false;
  const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
  return inputs.size() == 2 && inputs[1].isTensor() && inputs[1].toTensor().dim() == 2;
}

std::optional<absl::string_view> KindOfFloatLayer(const at::RecordFunction& function) {
  const absl::string_view name = function.name();
  for (const KnownOperator& known : kFloatLayers) {
    if (name == known.name) return known.kind;
  }
  if (IsLinearAsMatmul(function)) return absl::string_view("linear");
  return std::nullopt;
}

std::optional<absl::string_view> KindOfOther(absl::string_view name) {
  for (const absl::string_view prefix : {"aten::", "quantized::"}) {
    if (!absl::ConsumePrefix(&name, prefix)) continue;
    name = absl::StripSuffix(name, "_relu");
    for (const absl::string_view kind : kOthers) {
      if (name == kind) return kind;
    }
  }
  return std::nullopt;
}

// The first tensor among the inputs, or in the first list.
std::optional<at::Tensor> FirstTensor(const at::RecordFunction& function) {
  for (const c10::IValue& input : InputsOf(function)) {
    if (input.isTensor()) return input.toTensor();
    if (input.isTensorList() && !input.toTensorVector().empty()) return input.toTensorVector()[0];
  }
  return std::nullopt;
}

v1::Precision FloatPrecision(const at::RecordFunction& function) {
  const std::optional<at::Tensor> tensor = FirstTensor(function);
  if (!tensor.has_value()) return v1::PRECISION_FP32;
  if (tensor->is_quantized()) return v1::PRECISION_INT8_STATIC;
  if (tensor->scalar_type() == at::kHalf) return v1::PRECISION_FP16;
  return tensor->scalar_type() == at::kBFloat16 ? v1::PRECISION_BF16 : v1::PRECISION_FP32;
}

// "conv2d" of a convolution whose name does not say in how many dimensions.
std::string KindOfConvolution(const at::RecordFunction& function) {
  const c10::ArrayRef<const c10::IValue> inputs = InputsOf(function);
  if (inputs.size() < 2 || !inputs[1].isTensor()) return "conv";
  const bool transposed = inputs.size() > 6 && inputs[6].isBool() && inputs[6].toBool();
  return absl::StrCat(transposed ? "conv_transpose" : "conv", inputs[1].toTensor().dim() - 2, "d");
}

struct Tally {
  explicit Tally(const OperatorNames& names) : recognizer(names) {}

  OperatorRecognizer recognizer;
  int depth = 0;  // of listed operators
  std::vector<ExecutedOperator> executed;
};

using Operators = OperatorTally<Tally>;

struct Listed final : at::ObserverContext {};

std::string NameOf(const at::RecordFunction& function, const OperatorNames& names) {
  for (const c10::IValue& input : InputsOf(function)) {
    const void* key = KeyOf(input);
    const auto found = key == nullptr ? names.end() : names.find(key);
    if (found != names.end()) return found->second;
  }
  return "";
}

bool Widens(const at::RecordFunction& function) {
  const absl::string_view name = function.name();
  return name == "aten::dequantize" || name == "aten::to";
}

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  Tally& tally = Operators::Current();
  // Of what runs inside another one only its end matters, so that all is counted.
  if (tally.depth > 0) {
    ++tally.depth;
    return std::make_unique<Listed>();
  }
  std::optional<ExecutedOperator> executed = tally.recognizer.Recognize(function);
  if (!executed.has_value()) return nullptr;
  ++tally.depth;
  tally.executed.push_back(*std::move(executed));
  return std::make_unique<Listed>();
}

void OnEnd(const at::RecordFunction&, at::ObserverContext* listed) {
  if (listed != nullptr) --Operators::Current().depth;
}

void AddMkldnnConvolutions(const torch::jit::Block& block,
                           std::vector<ExecutedOperator>& executed) {
  static const c10::Symbol kKind = c10::Symbol::fromQualString("prim::mkldnn_convolution");
  for (const torch::jit::Node* node : block.nodes()) {
    if (node->kind() == kKind) executed.push_back({"conv2d", "", v1::PRECISION_FP32, true});
    for (const torch::jit::Block* inner : node->blocks()) AddMkldnnConvolutions(*inner, executed);
  }
}

}  // namespace

std::optional<ExecutedOperator> OperatorRecognizer::Recognize(const at::RecordFunction& function) {
  ExecutedOperator executed;
  const absl::string_view name = function.name();
  if (Widens(function)) {
    std::string owner = NameOf(function, names_);
    if (!owner.empty()) widened_ = {std::move(owner), name == "aten::dequantize"};
    return std::nullopt;
  }
  if (const auto int8 = KindOfQuantizedLayer(name); int8.has_value()) {
    executed.kind = std::string(*int8);
    const bool is_static = absl::StartsWith(name, "quantized::conv") ||
                           (executed.kind == "linear" && !absl::StrContains(name, "dynamic"));
    executed.precision = is_static ? v1::PRECISION_INT8_STATIC : v1::PRECISION_INT8_DYNAMIC;
    executed.name = NameOf(function, names_);
    return executed;
  }
  if (const auto layer = KindOfFloatLayer(function); layer.has_value()) {
    executed.kind = *layer == "conv" ? KindOfConvolution(function) : std::string(*layer);
    executed.name = NameOf(function, names_);
    executed.precision = FloatPrecision(function);
    if (!widened_.has_value()) return executed;
    const auto [owner, is_int8] = *std::exchange(widened_, std::nullopt);
    executed.name = owner;
    if (is_int8) executed.precision = v1::PRECISION_INT8_WEIGHT_ONLY;
    return executed;
  }
  const auto other = KindOfOther(name);
  if (!other.has_value()) return std::nullopt;
  executed.kind = std::string(*other);
  executed.precision = FloatPrecision(function);
  executed.has_weights = false;
  return executed;
}

std::vector<ExecutedOperator> ListExecuted(torch::jit::Module& module, const ModelInputs& inputs,
                                           const OperatorNames& names) {
  Tally tally(names);
  {
    // As it is measured. Besides, what optimize_for_inference made cannot run
    // otherwise on Debian 13: LibTorch built with Vulkan has no autograd kernel of
    // max_pool2d for oneDNN's tensors, and throws or crashes.
    const c10::InferenceMode no_gradients;
    const Operators scope(tally, at::RecordFunctionCallback(OnStart, OnEnd).needsInputs(true));
    ForwardInline(module, inputs);
  }
  AddMkldnnConvolutions(*module.get_method("forward").graph()->block(), tally.executed);
  return std::move(tally.executed);
}

}  // namespace edgebench::worker
