#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// The tensors of an output, in order: a tensor, a number, or a tuple, list or
// dict of such, nested as deep as you like. None counts as nothing.
//   INVALID_ARGUMENT  the output holds something else; names its type
absl::StatusOr<std::vector<at::Tensor>> FlattenOutputs(const c10::IValue& output);

// Copies of the tensors, at the same places.
ModelInputs CopyInputs(const ModelInputs& inputs);

// One inference without gradients. A model may write into its inputs: whoever
// needs them as they are passes copies.
//   INVALID_ARGUMENT  forward refused the inputs, or as FlattenOutputs
//   others            as StatusOfException
absl::StatusOr<std::vector<at::Tensor>> RunModule(torch::jit::Module& module,
                                                  const ModelInputs& inputs);

// The same for a module that quantizing made of one that ran on these inputs.
//   UNIMPLEMENTED     the engine cannot run it
absl::StatusOr<std::vector<at::Tensor>> RunQuantized(torch::jit::Module& module,
                                                     const ModelInputs& inputs,
                                                     const std::string& engine);

// Whether both hold the same tensors, bit by bit.
bool SameInputs(const ModelInputs& a, const ModelInputs& b);

// "float32[1,1000]".
std::string DescribeTensor(const at::Tensor& tensor);

}  // namespace edgebench::worker
