#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/zoo/given_weights.h"
#include "agent/worker/zoo/layers.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker::zoo {

struct BuildOptions {
  int64_t seed = 0;
  // Sets batch-norm statistics from seeded data, so that activations neither
  // vanish nor explode and parity means something. Off only to describe a model.
  bool condition = true;
  // Take the place of random weights, and of the statistics that conditioning finds.
  const GivenWeights* weights = nullptr;
  v1::Decoding decoding = {};  // of models that search; what is unset is the default
};

// Every model, by family and name.
std::vector<v1::ZooModel> Models();

// The description of one. NOT_FOUND names the nearest models.
absl::StatusOr<Layer> Describe(const std::string& name);

// A TorchScript module in eval mode with seeded random weights, or those that are given,
// and the parameter names of the published checkpoints.
//   NOT_FOUND         as Describe
//   INVALID_ARGUMENT  as GivenWeights::Load
absl::StatusOr<torch::jit::Module> Build(const std::string& name, const BuildOptions& options);

}  // namespace edgebench::worker::zoo
