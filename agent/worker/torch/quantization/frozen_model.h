#pragma once

#include <torch/script.h>

#include <memory>
#include <vector>

namespace edgebench::worker {

// What the methods of quantization work on: a copy of a module whose forward is one
// graph, its parameters constants in it that share memory with the module's.
struct FrozenModel {
  torch::jit::Module module;

  std::shared_ptr<torch::jit::Graph> graph() const { return module.get_method("forward").graph(); }
  // What the graph is run with: the module, the inputs, and the defaults of those of
  // forward's arguments that are not given.
  std::vector<c10::IValue> StackFor(const std::vector<c10::IValue>& inputs) const;

  // Tensors are shared, the graph is not.
  FrozenModel Clone() const { return {module.clone(/*inplace=*/true)}; }
};

// The module must be in eval mode. Operators get the names of their modules (see
// graph.h); those changed in place become ones that are not where that is safe.
// Throws what LibTorch throws.
FrozenModel Freeze(const torch::jit::Module& module);

// Batch norm behind a convolution disappears in its weight and bias.
void FoldBatchNorm(FrozenModel& model);

}  // namespace edgebench::worker
