#pragma once

#include "absl/status/status.h"

namespace edgebench::worker {

// Brings LibTorch to the state in which jobs find it. Once per process.
//   RESOURCE_EXHAUSTED  RLIMIT_DATA leaves no room for it
absl::Status StartLibrary();

}  // namespace edgebench::worker
