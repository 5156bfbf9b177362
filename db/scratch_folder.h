#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/file.h"

namespace edgebench::db {

// A folder for what is needed only while this lives. It holds a lock (flock) on the folder, which
// goes with the process however that ends, so that others can tell what is abandoned.
class ScratchFolder {
 public:
  // In the folder of a file.
  static absl::StatusOr<std::unique_ptr<ScratchFolder>> Beside(const std::string& file);

  // Removes those in the folder of a file whose process was killed. Where the file system knows
  // no such locks, all of them stay.
  static void RemoveAbandoned(const std::string& file);

  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  ScratchFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const UniqueFd lock_;
};

}  // namespace edgebench::db
