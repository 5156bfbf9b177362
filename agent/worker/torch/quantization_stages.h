#pragma once

#include <torch/script.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/torch/held_out.h"
#include "agent/worker/torch/quantizer.h"
#include "common/input_spec.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// What the stages of quantization need of a job.
struct QuantizationTask {
  const v1::WorkerRequest::RunJob& job;
  v1::Precision precision;
  std::string engine;
  std::vector<InputSpec> specs;
  InputSizes sizes;
  std::function<void()> on_weights_read;  // see QuantizeOptions
};

// Takes a model through the stages calibrate, train, quantize, rank as far as its job
// asks for them, and writes what it learns to `result`.
//   INVALID_ARGUMENT  the model or the calibration data are at fault
//   UNIMPLEMENTED     the method, or the engine, cannot do it
//
// `held_out` comes with a seeded random batch, and is taken from the calibration data
// where the job has some.
absl::StatusOr<QuantizedModel> QuantizeForJob(const torch::jit::Module& module,
                                              const QuantizationTask& task, HeldOut& held_out,
                                              JobObserver& observer, v1::JobResult& result);

}  // namespace edgebench::worker
