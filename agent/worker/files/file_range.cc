#include "agent/worker/files/file_range.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::worker {

absl::StatusOr<FileRange> FileRange::Open(const std::string& path) {
  auto file = std::make_shared<UniqueFd>(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts = {};
  if (!file->valid() || fstat(file->get(), &facts) != 0) return ErrnoStatus(errno, path);
  return FileRange(std::move(file), 0, static_cast<uint64_t>(facts.st_size));
}

absl::Status FileRange::Read(uint64_t offset, void* to, size_t bytes) const {
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange part, Part(offset, bytes));
  auto* next = static_cast<char*>(to);
  uint64_t at = part.begin_;
  while (bytes > 0) {
    const ssize_t got = pread(file_->get(), next, bytes, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "reading a file");
    if (got == 0) return absl::InvalidArgumentError("became shorter while it was read");
    next += got;
    at += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

absl::StatusOr<FileRange> FileRange::Part(uint64_t offset, uint64_t bytes) const {
  if (offset > size_ || bytes > size_ - offset) {
    return absl::InvalidArgumentError(absl::StrCat("is cut short: ", bytes,
                                                   " bytes were expected "
                                                   "from byte ",
                                                   offset, " on, of ", size_));
  }
  return FileRange(file_, begin_ + offset, bytes);
}

absl::StatusOr<std::string> FileRange::ReadString(uint64_t offset, size_t bytes) const {
  EDGEBENCH_RETURN_IF_ERROR(Part(offset, bytes).status());  // before the memory is asked for
  std::string content(bytes, 0);
  EDGEBENCH_RETURN_IF_ERROR(Read(offset, content.data(), bytes));
  return content;
}

absl::StatusOr<std::string> FileRange::Start(size_t bytes) const {
  return ReadString(0, static_cast<size_t>(std::min<uint64_t>(bytes, size_)));
}

}  // namespace edgebench::worker
