#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <string>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// Where a module's tensors come from: asked once for each slot that is not absent, by
// its full name, "features.0.0.weight".
using TensorSource = std::function<at::Tensor(const std::string& name, const TensorSlot& slot)>;

// What Fill says, random weights drawn for `seed`, on all threads that LibTorch has.
TensorSource RandomWeights(int64_t seed);

// Makes a TorchScript module in eval mode of a description. Equal layers share one
// type, as in a module that PyTorch scripted: it keeps files small and building fast.
torch::jit::Module BuildModule(const Layer& layer, const TensorSource& tensors);

}  // namespace edgebench::worker::zoo
