#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

struct OptimizedModule {
  torch::jit::Module module;
  v1::Optimize level = v1::OPTIMIZE_NONE;  // what was reached
  std::vector<std::string> notes;          // why less than was asked
};

// Largest relative difference, |a - b| / |a| in the Euclidean norm, between the
// outputs before and after. Optimizing reorders sums; in int8 a reordered sum
// may round to the neighbouring step.
inline constexpr double kFloatTolerance = 1e-3;
inline constexpr double kInt8Tolerance = 0.1;

// Optimizes as far as asked and as this LibTorch can: a level that throws, or
// whose module answers otherwise than `expected`, is given up for the next lower
// one with a note. (A level that crashes ends the process; the daemon then asks
// for the next lower one.)
//   RESOURCE_EXHAUSTED  memory ran out
absl::StatusOr<OptimizedModule> OptimizeModule(const torch::jit::Module& module, v1::Optimize asked,
                                               const ModelInputs& inputs,
                                               const std::vector<at::Tensor>& expected,
                                               double tolerance);

// Why two outputs are not the same within the tolerance; "" when they are.
// Values of floating-point tensors are compared, of others only the shapes.
std::string DifferenceBetween(const std::vector<at::Tensor>& expected,
                              const std::vector<at::Tensor>& actual, double tolerance);

}  // namespace edgebench::worker
