#pragma once

#include <torch/script.h>

#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Runs the module once, as it is, and lists the operators that hold parameters or
// multiply, in the order of their first execution: those of one module in one row, as
// well as products without weights that have equal shapes.
//   Codes of RunModule
absl::StatusOr<std::vector<v1::ModelFacts::Layer>> ListLayers(torch::jit::Module& module,
                                                              const ModelInputs& inputs);

}  // namespace edgebench::worker
