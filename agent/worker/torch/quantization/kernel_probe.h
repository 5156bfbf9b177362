#pragma once

#include <string>

#include "agent/worker/torch/quantization/layers.h"

namespace edgebench::worker {

// Runs a tiny layer of the same kind in int8 on the engine in use, once, and compares
// it with floating point. Returns why the engine cannot run such layers, "no int8
// kernel for conv_transpose3d on qnnpack: ...", or "" when it can.
std::string Int8KernelObstacle(const Layer& layer, const std::string& engine);

// Whether the engine in use adds products of unsigned activations and weights in 16 bits,
// two by two, before they go into sums of 32: with full 8 bits on both sides such a sum
// saturates (vpmaddubsw of processors without VNNI). Tried once, on a tiny layer.
bool AddsProductsIn16Bits(const std::string& engine);

// Whether the kind has a kernel that does a ReLU in passing; transposed ones have none.
bool HasReluKernel(const Layer& layer);

// Whether an operator runs in this type on the CPU: "" or why not, "no fp16 kernel for
// conv2d in LibTorch 1.13.1". Of kinds, see Layer.
std::string HalfKernelObstacle(const std::string& kind, at::ScalarType type);

}  // namespace edgebench::worker
