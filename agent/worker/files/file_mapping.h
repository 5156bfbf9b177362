#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace edgebench::worker {

// A file in memory, read-only: the kernel reads pages when they are touched and
// takes them back when memory is short. It is no anonymous memory and does not
// count against RLIMIT_DATA.
//
// Writing to it is a SIGSEGV, and reading what somebody else cut off the file in
// the meantime a SIGBUS. The agent's artifacts are named by their content and
// never change.
class FileMapping {
 public:
  // Codes of ErrnoStatus. An empty file is INTERNAL.
  static absl::StatusOr<std::shared_ptr<const FileMapping>> Open(const std::string& path);

  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  ~FileMapping();

  const uint8_t* data() const { return data_; }
  uint64_t size() const { return size_; }

  bool Holds(const void* place) const;

  // Gives the resident pages back. The content stays readable.
  void DropPages() const;

 private:
  FileMapping(const uint8_t* data, uint64_t size) : data_(data), size_(size) {}

  const uint8_t* data_;
  uint64_t size_;
};

}  // namespace edgebench::worker
