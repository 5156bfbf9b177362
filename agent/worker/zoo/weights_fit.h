#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/tensor_files/checkpoint.h"
#include "agent/worker/zoo/layers.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker::zoo {

// Which tensor of a file is which of a model's, without LibTorch.
struct WeightsFit {
  // By their names in the model. The tensors are the file's.
  std::unordered_map<std::string, const tensor_files::CheckpointTensor*> given;
  // Every tensor that outputs depend on is among them.
  bool complete = false;
  // Every batch-norm statistic is, or none is: then they must be found.
  bool has_statistics = false;
  std::vector<std::string> notes;  // what of the model stays random, what was passed over
};

// Names are compared without what training wraps around a model ("module."), and without
// the name of the family that published checkpoints begin with ("bert."); gamma and beta,
// the names of TensorFlow, are weight and bias. Heads that a published checkpoint carries
// beyond the model are passed over, with a note; counters and ids of positions are made
// anew.
//   INVALID_ARGUMENT  lists by name what is missing, surplus or of another shape or type,
//                     twenty of each. With allow_missing only where nothing fits at all:
//                     what is missing or misshapen then stays random, the rest is passed over.
// `file` is what people call the file.
absl::StatusOr<WeightsFit> FitWeights(const Layer& layer, const v1::ZooModel& model,
                                      const tensor_files::Checkpoint& checkpoint,
                                      const std::string& file, bool allow_missing);

}  // namespace edgebench::worker::zoo
