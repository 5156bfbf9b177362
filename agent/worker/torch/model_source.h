#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/input_spec.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// A model as a job names it, before anything is done to it.
struct SourceModel {
  torch::jit::Module module;
  v1::Precision stored = v1::PRECISION_FP32;  // see StoredPrecision
  bool random_weights = false;                // some of them at least
  std::vector<std::string> notes;             // on the weights that were given
  std::optional<int64_t> file_bytes;          // of a model file
  // Where the weights lie in a file, mapped: gives back the memory of those that were
  // read, which stay readable. Empty otherwise.
  std::function<void()> drop_pages;
  std::vector<std::string> input_specs;  // the zoo's, or the job's; may be empty for a file
  InputSizes sizes;
  bool takes_speech = false;  // in frames of 10 ms
};

// Builds the zoo model or loads the file. With `condition` off the weights of
// a zoo model are good to be counted only.
//   INVALID_ARGUMENT  no such zoo model, as GivenWeights, or as LoadModelFile
absl::StatusOr<SourceModel> OpenModel(const v1::WorkerRequest::RunJob& job, bool condition);

// What OpenModel says of the inputs, without building or loading anything: `module` is empty.
//   INVALID_ARGUMENT  no such zoo model
absl::StatusOr<SourceModel> DescribeInputs(const v1::WorkerRequest::RunJob& job);

// What is to be done to a model of a stored precision.
struct PrecisionPlan {
  bool quantize = false;
  v1::Precision precision = v1::PRECISION_FP32;  // of what will run
  std::string note;                              // when that is not what was asked
};

//   INVALID_ARGUMENT  the model is quantized already, or not in fp32
//   UNIMPLEMENTED     no such precision here
absl::StatusOr<PrecisionPlan> PlanPrecision(v1::JobKind kind, v1::Precision asked,
                                            v1::Precision stored);

}  // namespace edgebench::worker
