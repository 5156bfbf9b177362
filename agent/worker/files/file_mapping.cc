#include "agent/worker/files/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/file.h"

namespace edgebench::worker {

absl::StatusOr<std::shared_ptr<const FileMapping>> FileMapping::Open(const std::string& path) {
  const std::string what = absl::StrCat("cannot map ", path);
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!file.valid() || fstat(file.get(), &status) != 0) return ErrnoStatus(errno, what);
  const auto size = static_cast<uint64_t>(status.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return ErrnoStatus(errno, what);
  return std::shared_ptr<const FileMapping>(
      new FileMapping(static_cast<const uint8_t*>(data), size));
}

FileMapping::~FileMapping() { munmap(const_cast<uint8_t*>(data_), size_); }

bool FileMapping::Holds(const void* place) const {
  const auto address = reinterpret_cast<uintptr_t>(place);
  const auto begin = reinterpret_cast<uintptr_t>(data_);
  return address >= begin && address - begin < size_;
}

void FileMapping::DropPages() const { madvise(const_cast<uint8_t*>(data_), size_, MADV_DONTNEED); }

}  // namespace edgebench::worker
