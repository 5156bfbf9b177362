#pragma once

#include <torch/script.h>

#include "absl/status/statusor.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// A model ready to be run, or to be saved.
struct PreparedModel {
  torch::jit::Module module;
  ModelInputs inputs;  // empty when the job runs nothing
  at::Device device = at::kCPU;
  OperatorNames names = {};  // from before the optimizer, which makes weights anew
};

// Takes a model through the stages load, reference, calibrate, quantize and
// optimize, as far as its job asks for them, and writes what it learns to
// `result`. The fp32 model is gone from memory when it returns a quantized one.
// Codes as ModelRunner::Prepare; throws what LibTorch throws.
absl::StatusOr<PreparedModel> PrepareModel(const v1::WorkerRequest::RunJob& job,
                                           JobObserver& observer, v1::JobResult& result);

}  // namespace edgebench::worker
