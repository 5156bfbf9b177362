#pragma once

#include <torch/script.h>

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace edgebench::worker {

// What every way of reading a TorchScript file has in common: the checks of the
// archive at `path` before `read` is called for its module, and of the module
// after it, which is in eval mode then. `read` may throw what LibTorch throws.
// Errors are those of LoadModelFile.
absl::StatusOr<torch::jit::Module> ReadModelArchive(
    const std::string& path, const std::string& name,
    const std::function<torch::jit::Module()>& read);

}  // namespace edgebench::worker
