#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace edgebench::controller {

// A file to be written into a folder; its path has at most one folder of its own.
struct FolderFile {
  std::string path;
  std::string content;
};

// Whether such a folder could be written, found out before there is anything to write. `flag` is
// what it was named with.
//   INVALID_ARGUMENT  the path is a file
//   ALREADY_EXISTS    there is a folder with something in it, and `overwrite` is not given
//   others            nothing can be written there: a usage error
absl::Status CheckOutputFolder(const std::string& flag, const std::string& path, bool overwrite);

// A folder that is not there comes to be whole or not at all. In one that is there each file is
// whole, those of the same names are replaced and others stay; the last file is written last.
// Errors of common/file.h.
absl::Status WriteFolder(const std::string& path, const std::vector<FolderFile>& files);

}  // namespace edgebench::controller
