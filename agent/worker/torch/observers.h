#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

namespace edgebench::worker {

// Observers are script modules that LibTorch's InsertObservers puts behind each
// tensor that may become int8: they watch values pass by and answer with the
// scale and zero point, real = scale * (quantized - zero_point). Formulas in
// docs/quantization.md.

// The names that --observer takes.
std::vector<std::string> ActivationObserverNames();

// "min-max": one range for the tensor, from the smallest to the largest value
// seen and always around zero; unsigned 8 bit, affine. With reduce_range
// only 7 of the 8 bits are used, for engines whose 16-bit sums would saturate.
torch::jit::Module MinMaxObserver(bool reduce_range);

// Weights: signed 8 bit, symmetric, one scale per output channel (dimension 0).
torch::jit::Module PerChannelWeightObserver();

// The same with one scale for the whole tensor, for transposed convolutions,
// whose output channels are not dimension 0.
torch::jit::Module PerTensorWeightObserver();

// Watches nothing: the range is found anew at every inference.
torch::jit::Module DynamicActivationObserver();

}  // namespace edgebench::worker
