#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace edgebench::agent {

// How a process ended.
struct ExitStatus {
  // One is set; neither when the system did not say how.
  std::optional<int> code;
  std::optional<int> signal;
  // From wait4's rusage; absent when the launcher cannot know it.
  std::optional<int64_t> peak_rss_bytes;
};

// A child process that speaks over two pipes: it reads requests on descriptor 3
// and writes messages on descriptor 4. Its stdin is /dev/null, its stdout and
// stderr are one pipe that is read all the time and of which the end is kept.
// The child leads a process group of its own.
//
// Kill may be called from any thread at any time, all else from one thread; that
// another writes to request_fd is arranged with the one that closes it.
class Process {
 public:
  // Kills the group, if it still runs, and reaps the child.
  virtual ~Process() = default;

  virtual pid_t pid() const = 0;
  virtual int request_fd() const = 0;
  virtual int message_fd() const = 0;

  // The child then sees the end of its requests.
  virtual void CloseRequests() = 0;

  // The most private writable memory the child may use, from now on enforced by
  // the kernel (RLIMIT_DATA). What the child has mapped and not touched yet is
  // left to it: to be called when the child has set itself up.
  virtual absl::Status SetMemoryLimit(int64_t bytes) = 0;

  // SIGKILL to the whole group. Nothing happens when the child has been reaped.
  virtual void Kill() = 0;

  // True when the child has ended; never blocks.
  virtual bool HasEnded() = 0;

  // Blocks until the child has ended and all it wrote to its log was read, then
  // kills what is left of its group. The same answer every time.
  virtual ExitStatus Wait() = 0;

  // The last kLogTailBytes of the log so far.
  virtual std::string LogTail() const = 0;
};

inline constexpr size_t kLogTailBytes = 8 << 10;

class ProcessLauncher {
 public:
  virtual ~ProcessLauncher() = default;

  // Starts argv[0] with exactly these arguments; no shell is involved. `environment` is what
  // the child has besides the agent's: "NAME=value".
  //   NOT_FOUND          there is no such program
  //   PERMISSION_DENIED  it may not be executed
  //   RESOURCE_EXHAUSTED no descriptors or processes are left
  virtual absl::StatusOr<std::unique_ptr<Process>> Launch(
      const std::vector<std::string>& argv, const std::vector<std::string>& environment) = 0;
};

}  // namespace edgebench::agent
