#pragma once

#include <torch/script.h>

#include <cstdint>
#include <vector>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// Sets the statistics of every batch norm from one forward over seeded data of
// this shape, so that with random weights too activations neither vanish nor
// explode: without it such a network's outputs are degenerate, and comparing
// int8 with fp32 says nothing. Does nothing to a module without batch norm.
// `module` was built of `layer`.
//
// Computed in double precision and rounded to 12 bits: kernels differ between
// processors in the last bits of a double only, so the statistics are the same
// everywhere. Weights are widened one layer at a time.
void ConditionBatchNorms(const Layer& layer, const torch::jit::Module& module,
                         const std::vector<int64_t>& input_shape, int64_t seed);

}  // namespace edgebench::worker::zoo
