#include "agent/worker/torch/quantization/training.h"

#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;

constexpr int64_t kLargestWeight = 127;
constexpr double kSmallestScale = 1.1920928955078125e-07;

// A weight as int8 would hold it, with the scales of QuantizeWeight.
at::Tensor FakeQuantizeWeight(const at::Tensor& weight, const WeightQuantization& how) {
  const absl::StatusOr<at::Tensor> scales = WeightScales(weight, how);
  if (!scales.ok()) throw std::runtime_error("training led to weights that are NaN or infinite");
  if (how.scheme == WeightScheme::kPerChannel) {
    const at::Tensor zero_points = at::zeros({scales->size(0)}, at::kFloat);
    return at::fake_quantize_per_channel_affine(weight, scales->to(at::kFloat), zero_points, 0,
                                                -kLargestWeight, kLargestWeight);
  }
  return at::fake_quantize_per_tensor_affine(weight, scales->item<double>(), 0, -kLargestWeight,
                                             kLargestWeight);
}

const torch::jit::RegisterOperators kFakeQuantizeWeight({torch::jit::Operator(
    "edgebench::fake_quantize_weight(Tensor weight, bool per_channel, int pair_run, "
    "int pair_stride, int activation_levels) -> Tensor",
    [](Stack& stack) {
      WeightQuantization how;
      how.pairs.activation_levels = torch::jit::pop(stack).toInt();
      how.pairs.stride = torch::jit::pop(stack).toInt();
      how.pairs.run = torch::jit::pop(stack).toInt();
      how.scheme =
          torch::jit::pop(stack).toBool() ? WeightScheme::kPerChannel : WeightScheme::kPerTensor;
      const at::Tensor weight = torch::jit::pop(stack).toTensor();
      torch::jit::push(stack, FakeQuantizeWeight(weight, how));
    },
    c10::AliasAnalysisKind::PURE_FUNCTION)});

// What learns: a weight or a bias, in the place of a constant of the graph.
struct Parameter {
  at::Tensor tensor;  // a leaf with gradients
  Node* node;         // of the layer, in the model's own graph
  size_t argument;
};

size_t ArgumentOf(const Node& node, bool is_bias) {
  if (IsOneOf(node, {"aten::addmm"})) return is_bias ? 0 : 2;
  return is_bias ? 2 : 1;
}

bool HasBiasArgument(const Node& node) { return !IsOneOf(node, {"aten::matmul", "aten::mm"}); }

void AddParameter(Node& node, size_t argument, std::vector<Parameter>& parameters) {
  const std::optional<at::Tensor> constant = ConstantTensor(node.input(argument));
  if (!constant.has_value()) return;
  at::Tensor leaf = constant->detach().clone().requires_grad_(true);
  parameters.push_back({std::move(leaf), &node, argument});
}

// A copy of the graph that rounds as int8 does and takes the parameters as inputs
// behind the model's own.
class TrainingGraph {
 public:
  TrainingGraph(const FrozenModel& model, const Region& region, const ActivationRanges& ranges,
                int levels, const WeightPacker::Options& packing,
                const std::vector<Parameter>& parameters)
      : graph_(model.graph()->copy()) {
    MapNodes(*model.graph());
    for (const Parameter& parameter : parameters) AddInput(parameter, region, packing);
    for (const Value* value : region.ranged()) Round(*value, ranges, levels);
  }

  const std::shared_ptr<Graph>& graph() const { return graph_; }

 private:
  void MapNodes(Graph& original) {
    std::vector<Node*> nodes;
    ForEachNode(*original.block(), [&](Node& node) { nodes.push_back(&node); });
    size_t index = 0;
    ForEachNode(*graph_->block(), [&](Node& node) {
      Node* twin = nodes.at(index++);
      twin_of_[twin] = &node;
      for (size_t i = 0; i < twin->outputs().size(); ++i) {
        value_of_[twin->output(i)] = node.output(i);
      }
    });
    for (size_t i = 0; i < original.inputs().size(); ++i) {
      value_of_[original.inputs()[i]] = graph_->inputs()[i];
    }
  }

  void AddInput(const Parameter& parameter, const Region& region,
                const WeightPacker::Options& packing) {
    Value* input = graph_->addInput();
    input->setType(c10::TensorType::get());
    Node& node = *twin_of_.at(parameter.node);
    if (parameter.argument == ArgumentOf(node, /*is_bias=*/false)) {
      input = RoundWeight(input, node, LayerOf(*parameter.node, region), packing);
    }
    node.replaceInput(parameter.argument, input);
  }

  static const Layer& LayerOf(const Node& node, const Region& region) {
    for (const RegionLayer& planned : region.layers()) {
      if (planned.layer.node == &node) return planned.layer;
    }
    throw std::logic_error("a parameter of no layer");
  }

  // Products other than linear hold their weight as [in, out].
  static Value* RoundWeight(Value* weight, Node& node, const Layer& layer,
                            const WeightPacker::Options& packing) {
    const bool is_transposed = layer.IsLinear() && !IsOneOf(node, {"aten::linear"});
    const WeightQuantization how = WeightPacker::HowToQuantize(layer, packing);
    if (is_transposed) weight = InsertBefore(node, "aten::t", {weight});
    weight =
        InsertBefore(node, "edgebench::fake_quantize_weight",
                     {weight, ConstantBefore(node, how.scheme == WeightScheme::kPerChannel),
                      ConstantBefore(node, how.pairs.run), ConstantBefore(node, how.pairs.stride),
                      ConstantBefore(node, how.pairs.activation_levels)});
    return is_transposed ? InsertBefore(node, "aten::t", {weight}) : weight;
  }

  void Round(const Value& original, const ActivationRanges& ranges, int levels) {
    Value* value = value_of_.at(&original);
    const AffineParameters& range = ranges.at(original.debugName());
    Node* made_by = value->node();
    Node& place = made_by->kind() == c10::prim::Param ? **made_by->owningBlock()->nodes().begin()
                                                      : *made_by->next();
    Value* rounded = InsertBefore(
        place, "aten::fake_quantize_per_tensor_affine",
        {value, ConstantBefore(place, range.scale), ConstantBefore(place, range.zero_point),
         ConstantBefore(place, int64_t{0}), ConstantBefore(place, static_cast<int64_t>(levels))});
    value->replaceAllUsesAfterNodeWith(rounded->node(), rounded);
  }

  std::shared_ptr<Graph> graph_;
  std::unordered_map<const Node*, Node*> twin_of_;
  std::unordered_map<const Value*, Value*> value_of_;
};

std::vector<at::Tensor> OutputsOf(const std::shared_ptr<Graph>& graph, const FrozenModel& model,
                                  const ModelInputs& inputs,
                                  const std::vector<Parameter>& parameters) {
  Stack stack = model.StackFor(CopyInputs(inputs));
  for (const Parameter& parameter : parameters) stack.push_back(parameter.tensor);
  const absl::StatusOr<std::vector<at::Tensor>> outputs =
      FlattenOutputs(RunGraph(graph, std::move(stack)).at(0));
  if (!outputs.ok()) throw std::runtime_error(std::string(outputs.status().message()));
  return *outputs;
}

// The mean over outputs of the squared error relative to the signal.
at::Tensor LossOf(const std::vector<at::Tensor>& reference, const std::vector<at::Tensor>& actual) {
  at::Tensor loss = at::zeros({});
  int counted = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (!reference[i].is_floating_point()) continue;
    const at::Tensor power = reference[i].square().sum().clamp_min(kSmallestScale);
    loss = loss + (actual[i] - reference[i]).square().sum() / power;
    ++counted;
  }
  return loss / std::max(counted, 1);
}

std::unique_ptr<torch::optim::Optimizer> MakeOptimizer(const std::vector<Parameter>& parameters,
                                                       const TrainOptions& options) {
  std::vector<at::Tensor> tensors;
  for (const Parameter& parameter : parameters) tensors.push_back(parameter.tensor);
  if (options.optimizer == "sgd") {
    return std::make_unique<torch::optim::SGD>(
        tensors, torch::optim::SGDOptions(options.learning_rate).momentum(0.9));
  }
  return std::make_unique<torch::optim::Adam>(tensors,
                                              torch::optim::AdamOptions(options.learning_rate));
}

// Falls from the rate given to nearly 0 along half a cosine (Loshchilov and Hutter,
// arXiv:1608.03983, equation 5, without restarts): the last steps settle.
void SetRate(torch::optim::Optimizer& optimizer, const TrainOptions& options, int step) {
  const double done = static_cast<double>(step - 1) / options.steps;
  const double rate = options.learning_rate * (1 + std::cos(M_PI * done)) / 2;
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    group.options().set_lr(rate);
  }
}

struct Example {
  ModelInputs inputs;
  std::vector<at::Tensor> outputs;  // of the fp32 model
};

absl::StatusOr<std::vector<Example>> Teach(const FrozenModel& model,
                                           const CalibrationBatches& batches) {
  const at::NoGradGuard no_gradients;
  std::vector<Example> examples;
  EDGEBENCH_RETURN_IF_ERROR(batches([&](const ModelInputs& inputs) -> absl::Status {
    examples.push_back({CopyInputs(inputs), OutputsOf(model.graph(), model, inputs, {})});
    return absl::OkStatus();
  }));
  if (examples.empty()) return absl::InvalidArgumentError("int8-qat needs at least one batch");
  return examples;
}

// Constants take what was learned.
void StoreParameters(const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    parameter.node->replaceInput(parameter.argument,
                                 ConstantBefore(*parameter.node, parameter.tensor.detach()));
  }
}

}  // namespace

absl::StatusOr<std::vector<double>> TrainForInt8(FrozenModel& model, const Region& region,
                                                 const ActivationRanges& ranges, int levels,
                                                 const WeightPacker::Options& packing,
                                                 const CalibrationBatches& batches,
                                                 const TrainOptions& options) {
  std::vector<Parameter> parameters;
  for (const RegionLayer& planned : region.layers()) {
    Node& node = *planned.layer.node;
    AddParameter(node, ArgumentOf(node, /*is_bias=*/false), parameters);
    if (HasBiasArgument(node)) AddParameter(node, ArgumentOf(node, /*is_bias=*/true), parameters);
  }
  if (parameters.empty()) {
    return absl::UnimplementedError("nothing in this model can be trained for int8");
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<Example> examples, Teach(model, batches));
  const TrainingGraph training(model, region, ranges, levels, packing, parameters);
  const std::unique_ptr<torch::optim::Optimizer> optimizer = MakeOptimizer(parameters, options);
  std::vector<double> losses;
  const absl::Status trained = Guarded(
      "the model cannot be trained", absl::StatusCode::kUnimplemented, [&]() -> absl::Status {
        const at::AutoGradMode with_gradients(true);
        for (int step = 1; step <= options.steps; ++step) {
          const Example& example = examples[static_cast<size_t>(step - 1) % examples.size()];
          SetRate(*optimizer, options, step);
          optimizer->zero_grad();
          const at::Tensor loss = LossOf(
              example.outputs, OutputsOf(training.graph(), model, example.inputs, parameters));
          loss.backward();
          optimizer->step();
          losses.push_back(loss.item<double>());
          if (!options.on_step(step, losses.back())) break;
        }
        return absl::OkStatus();
      });
  EDGEBENCH_RETURN_IF_ERROR(trained);
  StoreParameters(parameters);
  return losses;
}

}  // namespace edgebench::worker
