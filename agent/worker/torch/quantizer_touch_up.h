#pragma once

#include <torch/script.h>

namespace edgebench::worker {

// What LibTorch's passes leave undone, each a change in place.

// Before them: removes dropout, which does nothing in eval mode. In place it
// would hide the layer behind it from the passes. Dropout that is always on stays.
void RemoveDropout(torch::jit::Module& module);

// After them, in a finished graph whose constants have been propagated:

// An upper bound behind an int8 convolution or linear layer, hardtanh(0, b) as in
// ReLU6, costs nothing when the layer's output scale is chosen so that the largest
// of the 256 values is the bound: saturation does the clamping. This also uses
// all 8 bits for the range that is left. Needs the full range, see NeedsReducedRange.
void FoldBoundedReluIntoScale(torch::jit::Graph& graph);

// QNNPACK's clamp mixes up the elements of channels-last tensors (LibTorch 1.13),
// which is what its convolutions put out. The remaining ones are given contiguous ones.
void MakeClampInputsContiguous(torch::jit::Graph& graph);

// The passes ask every dynamic linear layer to use 7 of the 8 bits of its input.
void SetDynamicReduceRange(torch::jit::Graph& graph, bool reduce_range);

}  // namespace edgebench::worker
