#include "agent/worker/torch/quantization/weight_storage.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/graph.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool IsEmbedding(const Layer& layer) { return layer.kind.rfind("embedding", 0) == 0; }

// Which dimension of the weight counts the output channels; rows of an embedding.
int64_t ChannelAxis(const Layer& layer, const at::Tensor& weight) {
  if (layer.IsTransposed()) return 1;
  const bool is_stored_transposed =
      layer.IsLinear() && !IsOneOf(*layer.node, {"aten::linear"}) && weight.dim() == 2;
  return is_stored_transposed ? 1 : 0;
}

class WeightNarrowing {
 public:
  WeightNarrowing(FrozenModel& model, const WeightStorageOptions& options)
      : module_(model.module), options_(options) {}

  // Every constant matrix that goes into the layer; biases stay.
  absl::Status Narrow(const Layer& layer) {
    if (IsEmbedding(layer) && !options_.embeddings && options_.type == at::kChar) {
      return absl::UnimplementedError("embeddings stay fp32 without --embeddings int8");
    }
    Node& node = *layer.node;
    int narrowed = 0;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (ConstantTensor(node.input(i)).has_value()) {
        EDGEBENCH_ASSIGN_OR_RETURN(Value * value, Widened(layer, node.input(i)));
        if (value == nullptr) continue;
        node.replaceInput(i, value);
        ++narrowed;
      } else if (ConstantTensors(node.input(i)).has_value()) {
        EDGEBENCH_ASSIGN_OR_RETURN(const int in_list, NarrowList(layer, i));
        narrowed += in_list;
      }
    }
    if (narrowed > 0) return absl::OkStatus();
    return absl::UnimplementedError("its weight is computed at run time");
  }

 private:
  absl::StatusOr<int> NarrowList(const Layer& layer, size_t index) {
    Node& node = *layer.node;
    std::vector<Value*> elements;
    int narrowed = 0;
    const std::vector<at::Tensor> tensors = *ConstantTensors(node.input(index));
    for (const at::Tensor& tensor : tensors) {
      Value* constant = ConstantBefore(node, tensor);
      EDGEBENCH_ASSIGN_OR_RETURN(Value * value, Widened(layer, constant));
      narrowed += value != nullptr ? 1 : 0;
      elements.push_back(value != nullptr ? value : constant);
    }
    Node* list = node.owningGraph()->createList(c10::TensorType::get(), elements);
    list->insertBefore(&node);
    node.replaceInput(index, list->output());
    return narrowed;
  }

  // Null where the tensor is no weight.
  absl::StatusOr<Value*> Widened(const Layer& layer, const Value* constant) {
    const at::Tensor weight = *ConstantTensor(constant);
    if (weight.dim() < 2 || weight.scalar_type() != at::kFloat) return nullptr;
    Node& node = *layer.node;
    if (options_.type == at::kChar) {
      WeightQuantization how;
      how.scheme = options_.scheme;
      how.axis = ChannelAxis(layer, weight);
      how.on_part_read = options_.on_weights_read;
      const absl::StatusOr<at::Tensor> quantized = QuantizeWeight(weight, how);
      if (!quantized.ok()) {
        return absl::Status(
            quantized.status().code(),
            absl::StrCat("the weight of ", layer.name, ": ", quantized.status().message()));
      }
      return InsertBefore(node, "aten::dequantize",
                          {AttributeBefore(node, module_, kStoredPrefix, layer.name, *quantized)});
    }
    Value* stored = AttributeBefore(node, module_, kStoredPrefix, layer.name,
                                    weight.to(options_.type).contiguous());
    return ConvertBefore(node, stored, at::kFloat);
  }

  torch::jit::Module& module_;
  const WeightStorageOptions& options_;
};

}  // namespace

absl::StatusOr<std::vector<OperatorDecision>> StoreWeights(FrozenModel& model,
                                                           const WeightStorageOptions& options) {
  WeightNarrowing narrowing(model, options);
  std::vector<OperatorDecision> decisions;
  for (const Layer& layer : FindLayers(*model.graph())) {
    OperatorDecision decision{layer.name, layer.kind, options.keep_reason(layer)};
    if (decision.reason.empty()) {
      const absl::Status status = narrowing.Narrow(layer);
      if (!status.ok() && !absl::IsUnimplemented(status)) return status;
      decision.reason = std::string(status.message());
      if (status.ok() && options.on_weights_read) options.on_weights_read();
    }
    decisions.push_back(std::move(decision));
  }
  torch::jit::EliminateDeadCode(model.graph()->block());
  return decisions;
}

}  // namespace edgebench::worker
