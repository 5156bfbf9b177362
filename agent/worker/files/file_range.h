#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/file.h"

namespace edgebench::worker {

// A part of an open file, read where it is needed: what a file claims of its own
// sizes is checked here and nowhere taken as it stands. Copies share the file.
class FileRange {
 public:
  FileRange() = default;  // empty

  // The whole file. Codes of ErrnoStatus.
  static absl::StatusOr<FileRange> Open(const std::string& path);

  uint64_t begin() const { return begin_; }  // in the file
  uint64_t size() const { return size_; }

  // INVALID_ARGUMENT when the range ends before `bytes` from `offset`.
  absl::Status Read(uint64_t offset, void* to, size_t bytes) const;

  // INVALID_ARGUMENT as Read.
  absl::StatusOr<FileRange> Part(uint64_t offset, uint64_t bytes) const;

  // INVALID_ARGUMENT as Read.
  absl::StatusOr<std::string> ReadString(uint64_t offset, size_t bytes) const;

  // At most so many bytes: fewer when the range has no more.
  absl::StatusOr<std::string> Start(size_t bytes) const;

 private:
  FileRange(std::shared_ptr<UniqueFd> file, uint64_t begin, uint64_t size)
      : file_(std::move(file)), begin_(begin), size_(size) {}

  std::shared_ptr<UniqueFd> file_;
  uint64_t begin_ = 0;
  uint64_t size_ = 0;
};

}  // namespace edgebench::worker
