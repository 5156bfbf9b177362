#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/quantizer.h"
#include "common/input_spec.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

// The inputs of the model that is to be calibrated.
struct WantedInputs {
  std::vector<std::string> names;  // InputNames(module, specs.size())
  std::vector<InputSpec> specs;
  InputSizes sizes;
};

// Calibration data of the user, cut into batches of the size of the job. Images
// are decoded, and the tensors of .npy and .safetensors read, when their batch
// is asked for: a thousand images need no more memory than one batch.
class CalibrationData {
 public:
  virtual ~CalibrationData() = default;

  int64_t batches() const { return batches_; }  // at least 1
  // "dogs: 64 images, shorter side resized to 256, ...; 8 batches of 8".
  const std::string& source() const { return source_; }

  // Batch `index` of batches(), in memory of its own, on the CPU. The same at
  // every call.
  //   INVALID_ARGUMENT  an image that cannot be decoded, NaN or infinity, integers
  //                     beyond the range of the input; names file and tensor
  virtual absl::StatusOr<ModelInputs> Batch(int64_t index) const = 0;

 protected:
  CalibrationData(int64_t batches, std::string source)
      : batches_(batches), source_(std::move(source)) {}

 private:
  int64_t batches_;
  std::string source_;
};

// Opens a file of tensors (torch.save, .npy, .safetensors) or a tar file of
// images or of such files. What it is, its content tells, not its name. `name`
// is what people call it. See docs/quantization.md for what is in them.
//   INVALID_ARGUMENT  none of these, damaged, too few samples for one batch, or
//                     not what the model's inputs want; names file and tensor,
//                     what it has and what is wanted
//   others            as ErrnoStatus when the file cannot be read, and as
//                     StatusOfException
absl::StatusOr<std::unique_ptr<CalibrationData>> ReadCalibration(
    const std::string& path, const std::string& name, const WantedInputs& wanted,
    const v1::ImagePreprocessing& preprocessing);

}  // namespace edgebench::worker
