#pragma once

#include <torch/script.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/worker/tensor_files/checkpoint.h"
#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/weights_fit.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker::zoo {

struct WeightsFile {
  std::string path;
  std::string name;            // what people call it
  bool allow_missing = false;  // see FitWeights
  // Tensors in fp32 that are aligned stay in the file, which is mapped: they cost no
  // anonymous memory, and nobody may write to them. Others are copied, one by one.
  bool keep_mapped = false;
};

// The weights of a zoo model as a file gives them, opened and compared by name and shape.
class GivenWeights {
 public:
  //   INVALID_ARGUMENT  as Checkpoint::Open, or as FitWeights
  static absl::StatusOr<GivenWeights> Open(const WeightsFile& file, const Layer& layer,
                                           const v1::ZooModel& model);
  GivenWeights(GivenWeights&&) = default;
  GivenWeights& operator=(GivenWeights&&) = default;

  // Every tensor that outputs depend on comes from the file.
  bool complete() const { return fit_.complete; }
  // False: batch-norm statistics must be found.
  bool has_statistics() const { return fit_.has_statistics; }
  const std::vector<std::string>& notes() const { return fit_.notes; }

  // In fp32; undefined where the file has none.
  //   INVALID_ARGUMENT  NaN or infinity, in fp32
  absl::StatusOr<at::Tensor> Load(const std::string& name) const;

  // Gives back the memory of what was read of the file. Empty unless it stays mapped.
  std::function<void()> drop_pages() const;

 private:
  GivenWeights(WeightsFile file, tensor_files::Checkpoint checkpoint, WeightsFit fit)
      : file_(std::move(file)), checkpoint_(std::move(checkpoint)), fit_(std::move(fit)) {}

  WeightsFile file_;
  tensor_files::Checkpoint checkpoint_;
  WeightsFit fit_;  // points into checkpoint_, also when that was moved
};

// The file's tensors, and `otherwise` for those that it lacks. The first error goes to
// `error`; what is built then is of no use. All must outlive the source.
TensorSource WeightsFrom(const GivenWeights& given, TensorSource otherwise, absl::Status& error);

}  // namespace edgebench::worker::zoo
