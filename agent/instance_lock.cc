#include "agent/instance_lock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

absl::Status Held(const std::string& thing, const std::string& pid) {
  const std::string who = pid.empty() ? "" : absl::StrCat(" (pid ", pid, ")");
  return absl::FailedPreconditionError(absl::StrCat(thing, " is used by another edgebench-agent",
                                                    who,
                                                    "; stop that one, or choose another place"));
}

// The process that listens on a socket; -1 when nobody does.
absl::StatusOr<pid_t> Listener(const std::string& path) {
  const UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!client.valid()) return ErrnoStatus(errno, "making a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == ECONNREFUSED) return -1;
    return ErrnoStatus(errno, absl::StrCat("connecting to ", path));
  }
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.pid;
}

// With the lock held nobody is about to listen; someone without one may still.
absl::Status RemoveStaleSocket(const std::string& path) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoStatus(errno, path);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " exists and is no socket; move it away, or choose another path"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const pid_t listener, Listener(path));
  if (listener >= 0) {
    return Held(absl::StrCat("the socket ", path), listener > 0 ? absl::StrCat(listener) : "");
  }
  if (unlink(path.c_str()) != 0) return ErrnoStatus(errno, absl::StrCat("removing ", path));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InstanceLock> InstanceLock::Acquire(const std::string& path,
                                                   const std::string& thing) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return ErrnoStatus(errno, absl::StrCat("opening ", path));
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, absl::StrCat("locking ", path));
    const std::string pid = ReadFile(path).value_or("");
    return Held(thing, std::string(absl::StripAsciiWhitespace(pid)));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return ErrnoStatus(errno, absl::StrCat("writing ", path));
  }
  return InstanceLock(std::move(file));
}

absl::StatusOr<InstanceLock> AcquireUnixSocket(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(folder, 0700));
  EDGEBENCH_ASSIGN_OR_RETURN(
      InstanceLock lock,
      InstanceLock::Acquire(absl::StrCat(path, ".lock"), absl::StrCat("the socket ", path)));
  EDGEBENCH_RETURN_IF_ERROR(RemoveStaleSocket(path));
  return lock;
}

}  // namespace edgebench::agent
