#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/file.h"

namespace edgebench::agent {

// A program that is run for what it writes to stdout. Its stdin and stderr are /dev/null, it
// leads a process group of its own and is of low priority. One thread at a time.
class ChildProcess {
 public:
  // argv[0] is looked for on PATH. Codes of ErrnoStatus; the message names it.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& argv);

  // Kills the group and reaps the child.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Ends, with what is left of it, when the child and all to whom it passed it have.
  int output_fd() const { return output_.get(); }

  // How it ended, in words ("exit code 3", "signal 9"; "" for exit code 0); waits for it
  // up to `timeout`. nullopt when it still runs.
  std::optional<std::string> AwaitEnd(absl::Duration timeout);

 private:
  ChildProcess(pid_t pid, UniqueFd output) : pid_(pid), output_(std::move(output)) {}

  const pid_t pid_;
  UniqueFd output_;
  std::optional<std::string> end_;
};

// All that a program wrote.
//   DEADLINE_EXCEEDED   it was not done in time; it is killed
//   RESOURCE_EXHAUSTED  it wrote more than that; it is killed
//   INTERNAL            it ended otherwise than with exit code 0
//   errors of ChildProcess::Start
absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& argv, absl::Duration timeout,
                                     size_t max_bytes);

}  // namespace edgebench::agent
