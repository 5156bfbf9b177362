#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantizer.h"
#include "common/input_spec.h"

namespace edgebench::worker {

// Parses specs such as "float32[N,3,H,W]".
//   INVALID_ARGUMENT  names the spec
absl::StatusOr<std::vector<InputSpec>> ParseInputSpecs(const std::vector<std::string>& texts);

// Whether forward can be called with so many tensors.
//   INVALID_ARGUMENT  it takes more, fewer or something that is no tensor; shows
//                     the signature and an example of --input
absl::Status CheckSignature(const torch::jit::Module& module, size_t specs);

// What forward calls its first inputs. CheckSignature(module, count) is OK.
std::vector<std::string> InputNames(const torch::jit::Module& module, size_t count);

// "forward(x: Tensor) -> Tensor".
std::string Signature(const torch::jit::Module& module);

// Random tensors: the same seed gives the same values on every machine.
//   INVALID_ARGUMENT  a size that a spec needs is not given, or its range does
//                     not fit its type
absl::StatusOr<ModelInputs> MakeInputs(const std::vector<InputSpec>& specs, const InputSizes& sizes,
                                       int64_t seed);

}  // namespace edgebench::worker
