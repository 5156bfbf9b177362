#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/int8_static.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// Runs the model in floating point on every batch and watches the values.
//   INVALID_ARGUMENT  there was no batch, or NaN or infinity was met; names the operator
// A value that no batch led to has no range in the answer.
absl::StatusOr<ActivationRanges> Calibrate(const FrozenModel& model,
                                           const std::vector<torch::jit::Value*>& watched,
                                           const std::string& observer, int levels,
                                           const CalibrationBatches& batches);

}  // namespace edgebench::worker
