#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace edgebench::controller {

// More is refused: the agent keeps what it is sent, and calibration needs some
// hundred samples, not a data set.
inline constexpr int64_t kMaxCalibrationFolderBytes = int64_t{2} << 30;
inline constexpr int64_t kMaxCalibrationFolderFiles = 100'000;

// A folder of calibration data as one file, which goes when the object goes.
class PackedFolder {
 public:
  PackedFolder(std::string path, std::string name, int64_t files)
      : path_(std::move(path)), name_(std::move(name)), files_(files) {}
  ~PackedFolder();
  PackedFolder(PackedFolder&& other) noexcept;
  PackedFolder& operator=(PackedFolder&& other) noexcept;

  const std::string& path() const { return path_; }  // of the tar file
  const std::string& name() const { return name_; }  // of the folder: "dogs" for "data/dogs/"
  int64_t files() const { return files_; }           // packed, at least 1

 private:
  std::string path_;  // empty when moved from
  std::string name_;
  int64_t files_ = 0;
};

// Packs a folder of images (.jpg .jpeg .png) or of tensors (.pt .npy
// .safetensors) into an uncompressed tar file among the temporary files. The
// endings may be in capitals. Folders below it count, hidden files and folders
// do not; of symbolic links only those to files are followed. What has another
// ending is left out.
// The same names with the same content give the same bytes, whenever and by
// whomever they were written: names are sorted, times and owners are 0.
//   INVALID_ARGUMENT     no such folder or no folder, nothing in it that can be
//                        used, images and tensors mixed, more than the limits
//   others               as ErrnoStatus, of a file that cannot be read or of
//                        the temporary file
absl::StatusOr<PackedFolder> PackCalibrationFolder(const std::string& folder);

}  // namespace edgebench::controller
