#pragma once

#include <torch/script.h>

#include <cstdint>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// Makes a TorchScript module in eval mode of a description, with weights drawn
// for `seed`. Equal layers share one type, as in a module that PyTorch scripted:
// it keeps files small and building fast.
torch::jit::Module BuildModule(const Layer& layer, int64_t seed);

}  // namespace edgebench::worker::zoo
