#include "controller/run_lock.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

// Which byte stands for a run: from its digest, below 2^60.
off_t ByteOf(const std::string& run_id) {
  return static_cast<off_t>(std::strtoull(Sha256Hex(run_id).substr(0, 15).c_str(), nullptr, 16));
}

struct flock LockOf(const std::string& run_id) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = ByteOf(run_id);
  lock.l_len = 1;
  return lock;
}

std::string PathOf(const std::string& database_path) { return database_path + "-runs"; }

}  // namespace

absl::StatusOr<RunLock> RunLock::Take(const std::string& database_path, const std::string& run_id) {
  if (database_path == ":memory:") return RunLock(UniqueFd());  // nobody else can see it
  const std::string path = PathOf(database_path);
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid())
    return WithExitCode(ErrnoStatus(errno, absl::StrCat("opening ", path)), ExitCode::kUsage);
  struct flock lock = LockOf(run_id);
  if (fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return RunLock(std::move(file));
  if (errno != EAGAIN && errno != EACCES) return ErrnoStatus(errno, absl::StrCat("locking ", path));
  return WithExitCode(absl::FailedPreconditionError(
                          absl::StrCat("run ", run_id, " still goes on, in another edgebench")),
                      ExitCode::kUsage);
}

bool RunLock::IsTaken(const std::string& database_path, const std::string& run_id) {
  const UniqueFd file(open(PathOf(database_path).c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock = LockOf(run_id);
  return file.valid() && fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace edgebench::controller
