#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench::agent {

// Names in a folder that begin with `prefix`, sorted; of files, links and folders alike.
// Empty when there is no such folder, or it cannot be read.
std::vector<std::string> NamesIn(const std::string& folder, absl::string_view prefix);

// The text of a file without white space at its ends. Codes of ErrnoStatus, with the path.
absl::StatusOr<std::string> ReadSysfsText(const std::string& path);

// The whole number that a file has.
//   INTERNAL  it has something else, such as nothing
//   codes of ErrnoStatus, with the path
absl::StatusOr<int64_t> ReadSysfsNumber(const std::string& path);

}  // namespace edgebench::agent
