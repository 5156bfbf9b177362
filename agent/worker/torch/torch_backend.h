#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "agent/worker/model_runner.h"

namespace edgebench::worker {

// LibTorch, with all that happens once per process done: logs are quiet,
// thread pools and operator tables exist, the first module was compiled. So a
// job that comes afterwards pays for itself only, and a memory limit that is
// set meanwhile does not hit what the library needs for itself.
absl::StatusOr<std::unique_ptr<Backend>> MakeTorchBackend();

}  // namespace edgebench::worker
