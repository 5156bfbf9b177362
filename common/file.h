#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench {

// Owns a file descriptor; closes it when it goes.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release();
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The status of a failed system call: NOT_FOUND for ENOENT, PERMISSION_DENIED
// for EACCES and EPERM, RESOURCE_EXHAUSTED for ENOSPC, EDQUOT and EMFILE,
// ALREADY_EXISTS for EEXIST, INTERNAL otherwise. `what` names the thing.
absl::Status ErrnoStatus(int error, absl::string_view what);

// OUT_OF_RANGE: it has more than `most_bytes`, of which no more were read; also of a device or a
// pipe, which have no size.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most_bytes = SIZE_MAX);

// All of it, at the descriptor's position. Codes of ErrnoStatus with `what`.
absl::Status WriteAll(int fd, absl::string_view content, absl::string_view what);

// A name for mkostemp or mkdtemp to fill in, in the folder of `path`. It is short: a name made
// longer would not fit where that of `path` just does.
std::string TemporaryBeside(const std::string& path);

// Writes beside the target, syncs, renames: the target is whole or untouched.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content,
                                 int mode = 0644);

// Renames, and replaces nothing: ALREADY_EXISTS when `to` is there. Where the
// file system cannot promise that (NFS, FAT), it looks first.
absl::Status RenameWithoutReplacing(const std::string& from, const std::string& to);

// The folder of a path, as it is written there; "." without one.
std::string ParentOf(const std::string& path);

// Makes what was renamed or removed in a folder survive a power cut. OK where
// the file system cannot sync a folder.
absl::Status SyncFolder(const std::string& folder);

// mkdir -p.
absl::Status MakeDirectories(const std::string& path, int mode = 0700);

}  // namespace edgebench
