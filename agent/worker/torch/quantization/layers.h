#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>

#include <optional>
#include <string>
#include <vector>

namespace edgebench::worker {

// An operator with weights, in floating point: what quantization is about.
struct Layer {
  // As in Coverage: "conv2d", "conv_transpose2d", "linear", "lstm", "gru", "rnn",
  // "lstm_cell", "gru_cell", "embedding", "embedding_bag".
  std::string kind;
  // The path of its module, see graph.h; else its kind and its place in the graph.
  std::string name;
  torch::jit::Node* node = nullptr;
  // Why it cannot be quantized by any method; empty otherwise.
  std::string obstacle;

  // --- convolutions and linear layers without an obstacle
  size_t input_index = 0;          // of the node: the activations
  at::Tensor weight;               // [out, in, ...]; transposed convolutions [in, out, ...]
  c10::optional<at::Tensor> bias;  // [out]
  struct Geometry {
    std::vector<int64_t> stride, padding, output_padding, dilation;
    int64_t groups = 1;
  } geometry;  // of convolutions

  // Looked up anew, as the layer before may have been replaced in the meantime.
  torch::jit::Value* input() const { return node->input(input_index); }

  bool IsConvolution() const { return kind.rfind("conv", 0) == 0; }
  bool IsTransposed() const { return kind.rfind("conv_transpose", 0) == 0; }
  bool IsLinear() const { return kind == "linear"; }
  int Dimensions() const { return static_cast<int>(weight.dim()) - 2; }
};

// All layers of a frozen graph, in its order, those in branches too.
std::vector<Layer> FindLayers(torch::jit::Graph& graph);

}  // namespace edgebench::worker
