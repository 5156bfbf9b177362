#pragma once

#include <string>
#include <vector>

#include "agent/worker/torch/quantization/region.h"

namespace edgebench::worker {

// fp16 or bf16: layers, and what lies between them, compute in half precision where
// this LibTorch has kernels for it on the CPU.
class HalfPrecision final : public LowPrecision {
 public:
  // kHalf or kBFloat16.
  explicit HalfPrecision(at::ScalarType type) : type_(type) {}

  std::string Obstacle(const Layer& layer) override;
  bool Joins(const torch::jit::Node& node) const override;
  bool Passes(const torch::jit::Node& node) const override;
  bool Absorbs(const torch::jit::Node&, const torch::jit::Node&) const override { return false; }
  bool CanRange(const torch::jit::Value&) const override { return true; }
  torch::jit::Value* Enter(torch::jit::Value* value, torch::jit::Node& place) override;
  torch::jit::Value* Leave(torch::jit::Value* lowered, torch::jit::Node& place) override;
  absl::StatusOr<torch::jit::Value*> LowerLayer(const RegionLayer& layer, torch::jit::Value* input,
                                                torch::jit::Node& place) override;
  torch::jit::Value* LowerJoin(torch::jit::Node& node, torch::jit::Node* activation,
                               const std::vector<torch::jit::Value*>& inputs,
                               torch::jit::Node& place) override;

 private:
  // Constants in fp32 become ones of the type.
  torch::jit::Value* Narrowed(torch::jit::Value* value, torch::jit::Node& place) const;
  torch::jit::Value* Rebuild(torch::jit::Node& node, const std::vector<torch::jit::Value*>& inputs,
                             torch::jit::Node& place) const;

  const at::ScalarType type_;
};

}  // namespace edgebench::worker
