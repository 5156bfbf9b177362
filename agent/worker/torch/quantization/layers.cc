#include "agent/worker/torch/quantization/layers.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr char kComputedWeight[] = "its weight is computed at run time";
constexpr char kComputedGeometry[] = "its stride or padding is computed at run time";

// Fills in the weight and the bias, or the obstacle.
void ReadWeights(Layer& layer, const Value* weight, const Value* bias) {
  const std::optional<at::Tensor> weights = ConstantTensor(weight);
  const std::optional<at::Tensor> biases = ConstantTensor(bias);
  if (!weights.has_value() || (!biases.has_value() && !IsNone(bias))) {
    layer.obstacle = kComputedWeight;
    return;
  }
  layer.weight = *weights;
  if (biases.has_value()) layer.bias = *biases;
  if (layer.weight.scalar_type() != at::kFloat) {
    layer.obstacle =
        absl::StrCat("its weight is ", c10::toString(layer.weight.scalar_type()), ", not Float");
  }
}

// "same" means as many values out as in: even totals are shared by both ends.
std::optional<std::vector<int64_t>> PaddingByName(const std::string& name, const at::Tensor& weight,
                                                  const std::vector<int64_t>& dilation) {
  std::vector<int64_t> padding(dilation.size(), 0);
  if (name == "valid") return padding;
  for (size_t i = 0; i < dilation.size(); ++i) {
    const int64_t total = dilation[i] * (weight.size(static_cast<int64_t>(i) + 2) - 1);
    if (total % 2 != 0) return std::nullopt;
    padding[i] = total / 2;
  }
  return padding;
}

// Positions of the arguments; -1 where there is none.
struct ConvolutionArguments {
  int stride, padding, dilation, groups, output_padding;
};

// One number stands for all dimensions.
void Expand(std::vector<int64_t>& values, size_t dimensions) {
  if (values.size() == 1) values.resize(dimensions, values[0]);
}

void ReadGeometry(Layer& layer, const ConvolutionArguments& at) {
  const Node& node = *layer.node;
  const auto stride = ConstantIntegers(node.input(at.stride));
  const auto dilation = ConstantIntegers(node.input(at.dilation));
  const auto groups = ConstantNumber(node.input(at.groups));
  std::optional<std::vector<int64_t>> padding = ConstantIntegers(node.input(at.padding));
  const std::optional<c10::IValue> named = ConstantOf(node.input(at.padding));
  if (!stride || !dilation || !groups || !named) {
    layer.obstacle = kComputedGeometry;
    return;
  }
  const size_t dimensions = static_cast<size_t>(layer.Dimensions());
  layer.geometry.stride = *stride;
  layer.geometry.dilation = *dilation;
  layer.geometry.groups = static_cast<int64_t>(*groups);
  Expand(layer.geometry.stride, dimensions);
  Expand(layer.geometry.dilation, dimensions);
  if (named->isString()) {
    padding = PaddingByName(named->toStringRef(), layer.weight, layer.geometry.dilation);
    if (!padding) layer.obstacle = "its padding differs between the two ends";
  }
  if (!padding) return;
  layer.geometry.padding = *padding;
  Expand(layer.geometry.padding, dimensions);
  if (at.output_padding < 0) return;
  const auto output_padding = ConstantIntegers(node.input(at.output_padding));
  if (!output_padding) layer.obstacle = kComputedGeometry;
  if (output_padding) layer.geometry.output_padding = *output_padding;
  Expand(layer.geometry.output_padding, dimensions);
}

std::string ConvolutionKind(bool transposed, const Layer& layer) {
  const std::string base = transposed ? "conv_transpose" : "conv";
  if (!layer.weight.defined()) return base;
  return absl::StrCat(base, layer.Dimensions(), "d");
}

Layer ReadConvolution(Node& node) {
  Layer layer;
  layer.node = &node;
  ReadWeights(layer, node.input(1), node.input(2));
  const bool generic = IsOneOf(node, {"aten::_convolution", "aten::convolution"});
  bool transposed =
      IsOneOf(node, {"aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"});
  if (generic) {
    const std::optional<bool> flag = ConstantFlag(node.input(6));
    if (!flag.has_value()) layer.obstacle = kComputedGeometry;
    transposed = flag.value_or(false);
  }
  layer.kind = ConvolutionKind(transposed, layer);
  if (!layer.obstacle.empty()) return layer;
  if (generic) {
    ReadGeometry(layer, {3, 4, 5, 8, transposed ? 7 : -1});
  } else if (transposed) {
    ReadGeometry(layer, {3, 4, 7, 6, 5});
  } else {
    ReadGeometry(layer, {3, 4, 5, 6, -1});
  }
  return layer;
}

Layer ReadLinear(Node& node) {
  Layer layer;
  layer.node = &node;
  layer.kind = "linear";
  ReadWeights(layer, node.input(1), node.input(2));
  return layer;
}

bool IsOne(const Value* value) { return ConstantNumber(value) == 1.0; }

// addmm(bias, x, w) with w [in, out].
std::optional<Layer> ReadAddmm(Node& node) {
  const std::optional<at::Tensor> bias = ConstantTensor(node.input(0));
  if (!IsOne(node.input(3)) || !IsOne(node.input(4))) return std::nullopt;
  if (!bias.has_value() || bias->dim() != 1) return std::nullopt;
  Layer layer;
  layer.node = &node;
  layer.kind = "linear";
  layer.input_index = 1;
  ReadWeights(layer, node.input(2), node.input(0));
  if (layer.weight.defined()) layer.weight = layer.weight.t();
  return layer;
}

// x @ w with a constant matrix w [in, out].
std::optional<Layer> ReadProduct(Node& node) {
  const std::optional<at::Tensor> weight = ConstantTensor(node.input(1));
  if (!weight.has_value() || weight->dim() != 2) return std::nullopt;
  if (weight->scalar_type() != at::kFloat) return std::nullopt;
  Layer layer;
  layer.node = &node;
  layer.kind = "linear";
  layer.weight = weight->t();
  return layer;
}

const std::map<std::string, std::string>& KindsWithListsOfWeights() {
  static const std::map<std::string, std::string> kinds = {
      {"aten::lstm", "lstm"},
      {"aten::gru", "gru"},
      {"aten::rnn_tanh", "rnn"},
      {"aten::rnn_relu", "rnn"},
      {"aten::lstm_cell", "lstm_cell"},
      {"aten::gru_cell", "gru_cell"},
      {"aten::rnn_tanh_cell", "rnn_cell"},
      {"aten::rnn_relu_cell", "rnn_cell"},
      {"aten::embedding", "embedding"},
      {"aten::embedding_bag", "embedding_bag"},
  };
  return kinds;
}

std::optional<Layer> ReadLayer(Node& node) {
  if (IsOneOf(node, {"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::conv_transpose1d",
                     "aten::conv_transpose2d", "aten::conv_transpose3d", "aten::_convolution",
                     "aten::convolution", "aten::_convolution_mode"})) {
    return ReadConvolution(node);
  }
  if (IsOneOf(node, {"aten::linear"})) return ReadLinear(node);
  if (IsOneOf(node, {"aten::addmm"})) return ReadAddmm(node);
  if (IsOneOf(node, {"aten::matmul", "aten::mm"})) return ReadProduct(node);
  const auto& kinds = KindsWithListsOfWeights();
  const auto found = kinds.find(node.kind().toQualString());
  if (found == kinds.end()) return std::nullopt;
  Layer layer;
  layer.node = &node;
  layer.kind = found->second;
  return layer;
}

}  // namespace

std::vector<Layer> FindLayers(torch::jit::Graph& graph) {
  std::vector<Layer> layers;
  std::map<std::string, int> nameless;
  ForEachNode(*graph.block(), [&](Node& node) {
    std::optional<Layer> layer = ReadLayer(node);
    if (!layer.has_value()) return;
    layer->name = OperatorName(node);
    if (layer->name.empty()) layer->name = absl::StrCat(layer->kind, "_", ++nameless[layer->kind]);
    layers.push_back(*std::move(layer));
  });
  return layers;
}

}  // namespace edgebench::worker
