#pragma once

#include <string>

#include "common/file.h"

namespace edgebench::agent {

// SIGTERM and SIGINT as something to poll, so that no code runs in a signal
// handler (gRPC's Shutdown must not). Also ignores SIGPIPE: a peer that hangs
// up is an error of a write, not the end of the daemon. And SIGHUP: jobs go on
// when the terminal or the ssh session closes in which the agent was started,
// and whoever comes back finds it serving. To end by then, within the grace,
// would interrupt every longer job. And it undoes an inherited ignored SIGCHLD,
// under which the kernel forgets how children ended. To be made before any
// thread starts, because threads inherit what is blocked.
class StopSignals {
 public:
  StopSignals();

  // Readable while a signal waits, for poll(2).
  int fd() const { return fd_.get(); }
  // The name of the next signal that waits, "" when there is none.
  std::string Next();

 private:
  UniqueFd fd_;
};

}  // namespace edgebench::agent
