#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace edgebench::controller {

// Whether a file could be written there, found out before minutes of work, not after.
// `flag` is what it was named with: "-o".
//   INVALID_ARGUMENT  the path is a folder
//   ALREADY_EXISTS    there is a file, and `overwrite` is not given
//   others            nothing can be written into the folder: a usage error
absl::Status CheckOutputFile(const std::string& flag, const std::string& path, bool overwrite);

// WriteFileAtomically, of a file that the user named: what goes wrong, such as a full disk, is a
// usage error.
absl::Status WriteOutputFile(const std::string& path, absl::string_view content);

}  // namespace edgebench::controller
