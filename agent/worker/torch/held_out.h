#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/calibration_data.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// What a quantized model is compared with: inputs that calibration does not see, and the
// fp32 model's outputs for them.
struct HeldOut {
  struct Example {
    ModelInputs inputs;
    std::vector<at::Tensor> reference;
  };
  std::vector<Example> examples;  // at least one
  std::string source;             // as Parity.source
};

// Which of the batches of calibration data are held out: one in four, spread evenly, at
// most eight; none of fewer than four, which all have to serve for both.
std::vector<int64_t> HeldOutBatches(int64_t batches);

// Runs the fp32 model on the batches that are held out, or on all where none is; the
// same ones whether the others calibrate or, as with int8-dynamic, nothing does, so that
// the parities of all precisions can be set side by side.
//   codes as CalibrationData::Batch and RunModule
absl::StatusOr<HeldOut> HoldOut(const torch::jit::Module& fp32, const CalibrationData& data,
                                const std::string& name, bool calibrates,
                                const std::function<void()>& on_weights_read);

// How near the outputs of a quantized model are to the reference.
//   codes as RunQuantized, and INTERNAL as ParityMeter
absl::StatusOr<v1::Parity> ParityOn(const HeldOut& held_out, torch::jit::Module& quantized,
                                    const std::string& engine);

}  // namespace edgebench::worker
