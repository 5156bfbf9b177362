#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker::zoo {

struct BuildOptions {
  int64_t seed = 0;
  // Sets batch-norm statistics from seeded data, so that activations neither
  // vanish nor explode and parity means something. Off only to describe a model.
  bool condition = true;
};

// Every model, by family and name.
std::vector<v1::ZooModel> Models();

// A TorchScript module in eval mode with seeded random weights and torchvision's
// parameter names. NOT_FOUND names the nearest models.
absl::StatusOr<torch::jit::Module> Build(const std::string& name, const BuildOptions& options);

}  // namespace edgebench::worker::zoo
