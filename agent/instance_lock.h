#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/file.h"

namespace edgebench::agent {

// Makes sure that one process at a time has a thing, by flock on a file that
// holds its pid. The kernel drops the lock with the process, however it ends.
class InstanceLock {
 public:
  // FAILED_PRECONDITION: another agent holds it; names `thing` and the pid.
  static absl::StatusOr<InstanceLock> Acquire(const std::string& path, const std::string& thing);

 private:
  explicit InstanceLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

// Makes way for a listener on a unix socket: makes the folder (only for us, when
// it is new), takes PATH.lock, and removes a socket nobody listens on.
//   FAILED_PRECONDITION  someone does; names the process. Or the path is no socket.
absl::StatusOr<InstanceLock> AcquireUnixSocket(const std::string& path);

}  // namespace edgebench::agent
