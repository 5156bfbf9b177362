#pragma once

#include <string>

#include "absl/status/status.h"

namespace edgebench::controller {

// Whether a file could be written there, found out before minutes of work, not after.
// `flag` is what it was named with: "-o".
//   INVALID_ARGUMENT  the path is a folder
//   ALREADY_EXISTS    there is a file, and `overwrite` is not given
//   others            nothing can be written into the folder: a usage error
absl::Status CheckOutputFile(const std::string& flag, const std::string& path, bool overwrite);

}  // namespace edgebench::controller
