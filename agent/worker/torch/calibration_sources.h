#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/files/tar.h"
#include "agent/worker/torch/calibration_data.h"
#include "agent/worker/torch/tensor_file.h"

namespace edgebench::worker {

// The two kinds of calibration data; for ReadCalibration only, whose errors they have.

absl::StatusOr<std::unique_ptr<CalibrationData>> MakeTensorCalibration(const std::string& name,
                                                                       std::vector<TensorSet> sets,
                                                                       const WantedInputs& wanted);

// `images` are files whose format is not known yet.
absl::StatusOr<std::unique_ptr<CalibrationData>> MakeImageCalibration(
    const std::string& name, std::vector<TarMember> images, const WantedInputs& wanted,
    const v1::ImagePreprocessing& preprocessing);

// "float32[N,3,224,224]": with the sizes in it, but for the batch.
std::string WantedText(const InputSpec& spec, const InputSizes& sizes);

// "8 batches of 8", and what is left over.
std::string BatchesText(int64_t samples, int64_t per_batch);

// INVALID_ARGUMENT unless there is one batch.
absl::Status CheckEnough(const std::string& name, const char* what, int64_t samples,
                         int64_t per_batch);

}  // namespace edgebench::worker
