#include "common/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EPERM:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
      return absl::StatusCode::kResourceExhausted;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status WriteAndSync(int fd, absl::string_view content, int mode, const std::string& path) {
  EDGEBENCH_RETURN_IF_ERROR(WriteAll(fd, content, absl::StrCat("cannot write ", path)));
  if (fchmod(fd, static_cast<mode_t>(mode)) != 0 || fsync(fd) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) Reset(other.Release());
  return *this;
}

int UniqueFd::Release() { return std::exchange(fd_, -1); }

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

absl::Status ErrnoStatus(int error, absl::string_view what) {
  return absl::Status(CodeOf(error), absl::StrCat(what, ": ", std::strerror(error)));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most_bytes) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("cannot open ", path));
  std::string content;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
    if (content.size() > most_bytes)
      return absl::OutOfRangeError(absl::StrCat(path, " has more than ", most_bytes, " bytes"));
  }
}

absl::Status WriteAll(int fd, absl::string_view content, absl::string_view what) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, what);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status RenameWithoutReplacing(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return absl::OkStatus();
  if (errno != EINVAL && errno != ENOSYS) return ErrnoStatus(errno, to);
  struct stat info;
  if (lstat(to.c_str(), &info) == 0) return ErrnoStatus(EEXIST, to);
  if (std::rename(from.c_str(), to.c_str()) != 0) return ErrnoStatus(errno, to);
  return absl::OkStatus();
}

std::string TemporaryBeside(const std::string& path) {
  return absl::StrCat(ParentOf(path), "/.edgebench-XXXXXX");
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode) {
  std::string temporary = TemporaryBeside(path);
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("cannot create a file beside ", path));
  absl::Status status = WriteAndSync(fd.get(), content, mode, path);
  fd.Reset();
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(errno, absl::StrCat("cannot replace ", path));
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncFolder(ParentOf(path));
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncFolder(const std::string& folder) {
  UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("cannot open folder ", folder));
  // EINVAL: some file systems cannot; the files are whole there too, so that is no failure.
  if (fsync(fd.get()) != 0 && errno != EINVAL) {
    return ErrnoStatus(errno, absl::StrCat("cannot sync folder ", folder));
  }
  return absl::OkStatus();
}

absl::Status MakeDirectories(const std::string& path, int mode) {
  if (path.empty()) return absl::InvalidArgumentError("cannot make a folder without a name");
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    struct stat info;
    if (mkdir(folder.c_str(), static_cast<mode_t>(mode)) != 0) {
      // Also EROFS and EACCES may be said of a folder that is there.
      const int error = errno;
      if (stat(folder.c_str(), &info) != 0) {
        return ErrnoStatus(error, absl::StrCat("cannot make folder ", folder));
      }
      if (!S_ISDIR(info.st_mode)) {
        return absl::AlreadyExistsError(
            absl::StrCat("cannot make folder ", path, ": ", folder, " is a file"));
      }
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

}  // namespace edgebench
