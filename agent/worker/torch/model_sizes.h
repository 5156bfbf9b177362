#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// The tensors that a file of the module holds, added up by type: parameters, buffers,
// constants of the code, and packed weights as they are stored. Tied ones count once.
v1::ModelSizes SizesOf(const torch::jit::Module& module);

// The weights and biases in packed weights, as they are stored: those of one operator, or
// of each cell in a list. Empty for what is no object of LibTorch's classes for them.
std::vector<at::Tensor> UnpackedWeights(const c10::IValue& packed);

// Bytes that the process has allocated and not freed, as far as malloc knows; nullopt
// with an allocator that does not tell.
std::optional<int64_t> HeapInUse();

}  // namespace edgebench::worker
