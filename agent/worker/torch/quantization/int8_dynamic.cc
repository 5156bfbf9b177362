#include "agent/worker/torch/quantization/int8_dynamic.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr char kComputedWeights[] = "its weights are computed at run time";

// The weights of one direction of one layer of an LSTM or GRU.
struct Cell {
  at::Tensor input_weight, hidden_weight, input_bias, hidden_bias;
};

void AddZeroBiases(Cell& cell) {
  const at::Tensor zeros = at::zeros({cell.input_weight.size(0)});
  if (!cell.input_bias.defined()) cell.input_bias = zeros;
  if (!cell.hidden_bias.defined()) cell.hidden_bias = zeros;
}

// Rewrites one layer; Unimplemented says why it stays.
class LayerLowering {
 public:
  LayerLowering(FrozenModel& model, const DynamicOptions& options, WeightPacker& packer)
      : module_(model.module), options_(options), packer_(packer) {}

  absl::Status LowerLinear(const Layer& layer, const absl::StatusOr<c10::IValue>& packed) {
    EDGEBENCH_RETURN_IF_ERROR(packed.status());
    Node& node = *layer.node;
    Value* output = InsertBefore(
        node, "quantized::linear_dynamic",
        {layer.input(), Attribute(layer, *packed), ConstantBefore(node, options_.reduce_range)});
    node.output()->replaceAllUsesWith(output);
    node.destroy();
    return absl::OkStatus();
  }

  // Packs the weights of any other layer, too.
  absl::Status LowerOther(const Layer& layer) {
    if (layer.kind == "lstm" || layer.kind == "gru") return LowerRecurrent(layer);
    if (layer.kind == "lstm_cell" || layer.kind == "gru_cell") return LowerCell(layer);
    if (layer.kind == "embedding" || layer.kind == "embedding_bag") return LowerEmbedding(layer);
    if (layer.IsConvolution()) {
      return absl::UnimplementedError("int8-dynamic has no kernel for convolutions");
    }
    return absl::UnimplementedError(absl::StrCat("int8-dynamic has no kernel for ", layer.kind));
  }

 private:
  Value* Attribute(const Layer& layer, const c10::IValue& packed) {
    return AttributeBefore(*layer.node, module_, kPackedPrefix, layer.name, packed);
  }

  absl::StatusOr<c10::IValue> Pack(const Layer& layer, Cell cell) {
    AddZeroBiases(cell);
    EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue input,
                               packer_.Linear(layer.name, cell.input_weight, cell.input_bias));
    EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue hidden,
                               packer_.Linear(layer.name, cell.hidden_weight, cell.hidden_bias));
    return packer_.Cell(input, hidden, cell.input_bias, cell.hidden_bias, options_.reduce_range);
  }

  // lstm(input, hx, params, has_biases, ...) or, for packed sequences,
  // lstm(data, batch_sizes, hx, params, has_biases, ...); gru likewise.
  absl::Status LowerRecurrent(const Layer& layer) {
    Node& node = *layer.node;
    const bool is_packed_sequence = node.input(3)->type()->isSubtypeOf(*c10::ListType::ofTensors());
    const size_t weights_at = is_packed_sequence ? 3 : 2;
    const auto weights = ConstantTensors(node.input(weights_at));
    const auto has_biases = ConstantFlag(node.input(weights_at + 1));
    if (!weights || !has_biases) return absl::UnimplementedError(kComputedWeights);
    const size_t per_cell = *has_biases ? 4 : 2;
    const auto layers = ConstantNumber(node.input(weights_at + 2));
    const auto bidirectional = ConstantFlag(node.input(weights_at + 5));
    if (!layers || !bidirectional) return absl::UnimplementedError(kComputedWeights);
    const size_t cells = static_cast<size_t>(*layers) * (*bidirectional ? 2 : 1);
    if (weights->size() != cells * per_cell) {
      return absl::UnimplementedError(
          absl::StrCat("LibTorch has no int8 kernel for ", layer.kind, " with projections"));
    }
    std::vector<Value*> packed;
    for (size_t i = 0; i < weights->size(); i += per_cell) {
      Cell cell{(*weights)[i], (*weights)[i + 1], {}, {}};
      if (*has_biases) {
        cell.input_bias = (*weights)[i + 2];
        cell.hidden_bias = (*weights)[i + 3];
      }
      EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue one, Pack(layer, std::move(cell)));
      packed.push_back(Attribute(layer, one));
    }
    ReplaceRecurrent(layer, weights_at, packed);
    return absl::OkStatus();
  }

  void ReplaceRecurrent(const Layer& layer, size_t weights_at, const std::vector<Value*>& packed) {
    Node& node = *layer.node;
    torch::jit::Graph& graph = *node.owningGraph();
    Node* list = graph.createList(packed[0]->type(), packed);
    list->insertBefore(&node);
    std::vector<Value*> inputs = node.inputs().vec();
    inputs[weights_at] = list->output();
    inputs[weights_at + 1] = ConstantBefore(node, true);  // zeros where there were none
    if (layer.kind == "lstm") {
      inputs.push_back(ConstantBefore(node, static_cast<int64_t>(c10::kQInt8)));
      inputs.push_back(ConstantBefore(node, true));  // use_dynamic
    }
    Replace(layer, layer.kind == "lstm" ? "aten::quantized_lstm" : "aten::quantized_gru", inputs);
  }

  // lstm_cell(input, hx, w_ih, w_hh, b_ih, b_hh)
  absl::Status LowerCell(const Layer& layer) {
    Node& node = *layer.node;
    const auto input_weight = ConstantTensor(node.input(2));
    const auto hidden_weight = ConstantTensor(node.input(3));
    if (!input_weight || !hidden_weight) return absl::UnimplementedError(kComputedWeights);
    Cell cell{*input_weight, *hidden_weight, {}, {}};
    for (const size_t at : {4, 5}) {
      const auto bias = ConstantTensor(node.input(at));
      if (!bias && !IsNone(node.input(at))) return absl::UnimplementedError(kComputedWeights);
      if (bias) (at == 4 ? cell.input_bias : cell.hidden_bias) = *bias;
    }
    AddZeroBiases(cell);
    EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue input,
                               packer_.Linear(layer.name, cell.input_weight, cell.input_bias));
    EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue hidden,
                               packer_.Linear(layer.name, cell.hidden_weight, cell.hidden_bias));
    Replace(layer,
            layer.kind == "lstm_cell" ? "quantized::quantized_lstm_cell_dynamic"
                                      : "quantized::quantized_gru_cell_dynamic",
            {node.input(0), node.input(1), Attribute(layer, input), Attribute(layer, hidden),
             ConstantBefore(node, cell.input_bias), ConstantBefore(node, cell.hidden_bias)});
    return absl::OkStatus();
  }

  absl::Status LowerEmbedding(const Layer& layer) {
    if (!options_.embeddings) {
      return absl::UnimplementedError("embeddings stay fp32 without --embeddings int8");
    }
    Node& node = *layer.node;
    const auto weight = ConstantTensor(node.input(0));
    if (!weight || weight->dim() != 2) return absl::UnimplementedError(kComputedWeights);
    const bool is_bag = layer.kind == "embedding_bag";
    if (is_bag) EDGEBENCH_RETURN_IF_ERROR(CheckBag(node));
    EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue packed, packer_.Embedding(layer.name, *weight));
    Value* weights = Attribute(layer, packed);
    Value* no = ConstantBefore(node, false);
    if (!is_bag) {
      Replace(layer, "quantized::embedding_byte", {weights, node.input(1), no});
      return absl::OkStatus();
    }
    Value* none = ConstantBefore(node, c10::IValue());
    Replace(layer, "quantized::embedding_bag_byte",
            {weights, node.input(1), node.input(2), no, ConstantBefore(node, int64_t{0}), no,
             node.input(6), none, node.input(7)});
    return absl::OkStatus();
  }

  static absl::Status CheckBag(const Node& node) {
    constexpr double kSum = 0;
    if (ConstantNumber(node.input(4)) != kSum) {
      return absl::UnimplementedError("int8 embedding_bag exists for the mode sum only");
    }
    for (size_t i = 1; i < node.outputs().size(); ++i) {
      if (node.output(i)->hasUses()) {
        return absl::UnimplementedError("int8 embedding_bag has the sums as its only output");
      }
    }
    const bool has_padding = node.inputs().size() > 8 && !IsNone(node.input(8));
    if (has_padding && ConstantNumber(node.input(8)).value_or(-1) >= 0) {
      return absl::UnimplementedError("int8 embedding_bag knows no padding_idx");
    }
    return absl::OkStatus();
  }

  // A node in the layer's stead; outputs that it lacks must be unused.
  static void Replace(const Layer& layer, const char* kind, const std::vector<Value*>& inputs) {
    Node& node = *layer.node;
    const bool is_bag = layer.kind == "embedding_bag";
    const size_t outputs = is_bag ? 1 : node.outputs().size();
    Node* lowered = node.owningGraph()->create(Kind(kind), inputs, outputs);
    lowered->insertBefore(&node);
    for (size_t i = 0; i < outputs; ++i) {
      lowered->output(i)->setType(node.output(i)->type());
      node.output(i)->replaceAllUsesWith(lowered->output(i));
    }
    node.destroy();
  }

  torch::jit::Module& module_;
  const DynamicOptions& options_;
  WeightPacker& packer_;
};

// Weights of linear layers that are read before any memory of theirs is given back.
constexpr int64_t kBatchSize = int64_t{16} << 20;

// The layers, in order, whose linear ones are packed together: one at least.
using Batch = std::pair<std::vector<Layer>::const_iterator, std::vector<Layer>::const_iterator>;

std::vector<Batch> BatchesOf(const std::vector<Layer>& layers) {
  std::vector<Batch> batches;
  int64_t weights = 0;
  for (auto layer = layers.begin(); layer != layers.end(); ++layer) {
    const int64_t own = layer->IsLinear() && layer->weight.defined() ? layer->weight.numel() : 0;
    weights += own;
    if (batches.empty() || weights > kBatchSize) {
      batches.emplace_back(layer, layer);
      weights = own;
    }
    batches.back().second = layer + 1;
  }
  return batches;
}

class DynamicLowering {
 public:
  DynamicLowering(FrozenModel& model, const DynamicOptions& options)
      : options_(options), packer_(options.packing), layers_(model, options, packer_) {}

  std::optional<int64_t> packed_bytes() const { return packer_.bytes(); }

  //   codes as LowerDynamically
  absl::Status Lower(const Batch& batch, std::vector<OperatorDecision>& decisions) {
    std::vector<const Layer*> linears;
    for (auto layer = batch.first; layer != batch.second; ++layer) {
      if (layer->IsLinear() && ReasonToStay(*layer).empty()) linears.push_back(&*layer);
    }
    const auto packed = packer_.Linears(linears);
    if (options_.packing.on_weights_read) options_.packing.on_weights_read();
    auto next = packed.begin();
    for (auto layer = batch.first; layer != batch.second; ++layer) {
      OperatorDecision decision{layer->name, layer->kind, ReasonToStay(*layer)};
      if (decision.reason.empty()) {
        const absl::Status status =
            Guarded("LibTorch refuses it", absl::StatusCode::kUnimplemented, [&] {
              return layer->IsLinear() ? layers_.LowerLinear(*layer, *next++)
                                       : layers_.LowerOther(*layer);
            });
        if (!status.ok() && !absl::IsUnimplemented(status)) return status;
        decision.reason = std::string(status.message());
        if (!layer->IsLinear() && options_.packing.on_weights_read) {
          options_.packing.on_weights_read();
        }
      }
      decisions.push_back(std::move(decision));
    }
    return absl::OkStatus();
  }

 private:
  std::string ReasonToStay(const Layer& layer) const {
    return layer.obstacle.empty() ? options_.keep_reason(layer) : layer.obstacle;
  }

  const DynamicOptions& options_;
  WeightPacker packer_;
  LayerLowering layers_;
};

}  // namespace

absl::StatusOr<QuantizedModel> LowerDynamically(FrozenModel model, const DynamicOptions& options) {
  const std::vector<Layer> layers = FindLayers(*model.graph());
  DynamicLowering lowering(model, options);
  std::vector<OperatorDecision> decisions;
  for (const Batch& batch : BatchesOf(layers)) {
    EDGEBENCH_RETURN_IF_ERROR(lowering.Lower(batch, decisions));
  }
  torch::jit::EliminateDeadCode(model.graph()->block());
  return QuantizedModel{model.module, std::move(decisions), lowering.packed_bytes()};
}

}  // namespace edgebench::worker
