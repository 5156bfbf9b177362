#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

struct QuantizeOptions {
  v1::Precision precision = v1::PRECISION_INT8_DYNAMIC;
  std::string engine;  // already chosen, one of QuantizedEngines()
  std::string observer = "min-max";
};

// One set of inputs of the model's forward.
using ModelInputs = std::vector<c10::IValue>;

// Quantizes a module in eval mode. `calibration` is used by int8-static only
// and must then hold at least one set. Called with gradients off; catches
// nothing (the runner does).
//   UNIMPLEMENTED     no such precision or observer here; the passes refuse the graph
//   INVALID_ARGUMENT  the module has no forward, is quantized already, or
//                     calibration is missing
absl::StatusOr<torch::jit::Module> Quantize(const torch::jit::Module& module,
                                            const QuantizeOptions& options,
                                            const std::vector<ModelInputs>& calibration);

// Names of at::globalContext().supportedQEngines() in lower case, without
// "noqengine": "onednn", "qnnpack", "fbgemm", "x86".
std::vector<std::string> QuantizedEngines();

// The engine "auto" stands for here: the fastest that exists, in the order
// x86, onednn, fbgemm, qnnpack on amd64, and onednn, qnnpack on arm64. See docs.
std::string DefaultQuantizedEngine();

// Makes LibTorch use it. INVALID_ARGUMENT never: call with one of QuantizedEngines().
void UseQuantizedEngine(const std::string& engine);

}  // namespace edgebench::worker
