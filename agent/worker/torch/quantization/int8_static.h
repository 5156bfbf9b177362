#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/worker/torch/activation_observers.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/quantization/region.h"

namespace edgebench::worker {

// Ranges of activations, by the names that their values have in the frozen graph.
using ActivationRanges = std::map<std::string, AffineParameters>;

// Whether it is clamp(x, 0, bound), as ReLU6.
bool IsBoundedRelu(const torch::jit::Node& node);

// Static int8: weights packed ahead, activations unsigned with ranges from calibration.
class Int8Static final : public LowPrecision {
 public:
  struct Options {
    std::string engine;
    WeightPacker::Options packing;
    int levels = 255;  // the largest activation that a range gives
    // Operators that LibTorch turned out to have no int8 kernel for, "aten::mean".
    std::set<std::string> without_kernel;
  };

  // `module` is the one whose graph is rewritten; it and the ranges outlive this. To
  // plan what calibration will watch, the ranges are empty.
  Int8Static(const Options& options, torch::jit::Module& module, const ActivationRanges& ranges)
      : options_(options), module_(module), ranges_(ranges), packer_(options.packing) {}

  // The layer that LowerLayer failed on; empty when it did not.
  const std::string& refused_layer() const { return refused_layer_; }

  std::optional<int64_t> packed_bytes() const { return packer_.bytes(); }

  std::string Obstacle(const Layer& layer) override;
  bool Joins(const torch::jit::Node& node) const override;
  bool Passes(const torch::jit::Node& node) const override;
  bool Absorbs(const torch::jit::Node& producer, const torch::jit::Node& activation) const override;
  bool CanRange(const torch::jit::Value& value) const override;
  torch::jit::Value* Enter(torch::jit::Value* value, torch::jit::Node& place) override;
  torch::jit::Value* Leave(torch::jit::Value* lowered, torch::jit::Node& place) override;
  absl::StatusOr<torch::jit::Value*> LowerLayer(const RegionLayer& layer, torch::jit::Value* input,
                                                torch::jit::Node& place) override;
  torch::jit::Value* ForPassing(const torch::jit::Node& node, torch::jit::Value* input,
                                torch::jit::Node& place) override;
  torch::jit::Value* LowerJoin(torch::jit::Node& node, torch::jit::Node* activation,
                               const std::vector<torch::jit::Value*>& inputs,
                               torch::jit::Node& place) override;

 private:
  bool HasKernel(const torch::jit::Node& node) const;
  const AffineParameters& RangeOf(const torch::jit::Value& value) const;
  torch::jit::Value* Clamp(torch::jit::Value* value, const torch::jit::Node& clamp, double bound,
                           torch::jit::Node& place);

  const Options options_;
  torch::jit::Module& module_;
  const ActivationRanges& ranges_;
  WeightPacker packer_;
  std::string refused_layer_;
};

}  // namespace edgebench::worker
