#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// Parts of a graph that are computed at a low precision: layers, and between them
// the operators that can take what a layer puts out as it is. Values enter such a
// region by a conversion and leave it by another; within it there is none.

// A layer of the region with the activation that its kernel does in passing.
struct RegionLayer {
  Layer layer;
  torch::jit::Node* activation = nullptr;  // relu or a clamp from 0, else null

  // The value that the two compute.
  torch::jit::Value* output() const {
    return activation != nullptr ? activation->output() : layer.node->output();
  }
};

// What is known of one low precision.
class LowPrecision {
 public:
  virtual ~LowPrecision() = default;

  // Why the layer stays outside; empty when it does not.
  virtual std::string Obstacle(const Layer& layer) = 0;

  // Operators that compute a new value of those of the region, and operators that hand
  // on their first input's values, cut, moved or chosen.
  virtual bool Joins(const torch::jit::Node& node) const = 0;
  virtual bool Passes(const torch::jit::Node& node) const = 0;
  // Activations that a layer, or an operator that joins, does in passing.
  virtual bool Absorbs(const torch::jit::Node& producer,
                       const torch::jit::Node& activation) const = 0;

  // Whether the value's range is known; while calibration is still to come, all are.
  virtual bool CanRange(const torch::jit::Value& value) const = 0;

  // Builds the conversions and the operators, before `place`. `value` and the outputs
  // of the nodes given are those of the graph as it was.
  virtual torch::jit::Value* Enter(torch::jit::Value* value, torch::jit::Node& place) = 0;
  virtual torch::jit::Value* Leave(torch::jit::Value* lowered, torch::jit::Node& place) = 0;
  virtual absl::StatusOr<torch::jit::Value*> LowerLayer(const RegionLayer& layer,
                                                        torch::jit::Value* input,
                                                        torch::jit::Node& place) = 0;
  // The first input of an operator that passes values on, as its kernel needs it.
  virtual torch::jit::Value* ForPassing(const torch::jit::Node&, torch::jit::Value* input,
                                        torch::jit::Node&) {
    return input;
  }
  virtual torch::jit::Value* LowerJoin(torch::jit::Node& node, torch::jit::Node* activation,
                                       const std::vector<torch::jit::Value*>& inputs,
                                       torch::jit::Node& place) = 0;
};

class Region {
 public:
  // Plans without changing the graph. Layers whose names `keep` holds stay outside.
  Region(torch::jit::Graph& graph, LowPrecision& precision,
         const std::function<std::string(const Layer&)>& keep_reason);

  // Values that need a range of their own: what layers and joining operators put
  // out, and what enters from outside.
  const std::vector<torch::jit::Value*>& ranged() const { return ranged_; }
  const std::vector<RegionLayer>& layers() const { return layers_; }
  const std::vector<OperatorDecision>& decisions() const { return decisions_; }

  // Rewrites the graph. The operators outside see the values they saw.
  absl::Status Lower();

 private:
  void PlanBlock(torch::jit::Block& block);
  void PlanLayer(const Layer& layer);
  void PlanOther(torch::jit::Node& node);
  bool IsInside(const torch::jit::Value* value, const torch::jit::Block* block) const;
  bool AllInside(const torch::jit::Node& node) const;
  bool IsPinned(const torch::jit::Value* value) const;
  torch::jit::Node* AbsorbedBy(const torch::jit::Node& producer) const;
  void AddRanged(torch::jit::Value* value);

  absl::Status LowerBlock(torch::jit::Block& block);
  absl::Status LowerPlannedLayer(const RegionLayer& layer);
  void LowerOther(torch::jit::Node& node);
  torch::jit::Value* Lowered(torch::jit::Value* value, torch::jit::Node& place);
  void Record(torch::jit::Value* original, torch::jit::Value* lowered, torch::jit::Node& place);

  torch::jit::Graph& graph_;
  LowPrecision& precision_;
  std::function<std::string(const Layer&)> keep_reason_;
  std::unordered_map<const torch::jit::Node*, Layer> found_;
  std::unordered_set<const torch::jit::Value*> changed_in_place_;

  std::vector<RegionLayer> layers_;
  std::unordered_map<const torch::jit::Node*, size_t> layer_of_;  // by the layer's node
  std::unordered_map<const torch::jit::Node*, torch::jit::Node*> activation_of_;  // of joins
  std::unordered_set<const torch::jit::Node*> absorbed_;
  std::unordered_set<const torch::jit::Value*> inside_;
  std::vector<torch::jit::Value*> ranged_;
  std::unordered_set<const torch::jit::Value*> is_ranged_;
  std::vector<OperatorDecision> decisions_;

  std::unordered_map<const torch::jit::Value*, torch::jit::Value*> lowered_;
  std::map<std::pair<const torch::jit::Value*, const torch::jit::Block*>, torch::jit::Value*>
      entered_;
  std::vector<std::pair<torch::jit::Value*, torch::jit::Value*>> left_;
};

}  // namespace edgebench::worker
