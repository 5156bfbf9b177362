#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/file.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// The real edgebench-worker, started as the daemon starts it. The destructor
// kills and reaps it.
class WorkerProcess {
 public:
  explicit WorkerProcess(const std::string& binary);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }

  bool Send(const v1::WorkerRequest& request);
  // The next message; nullopt at the end.
  std::optional<v1::WorkerMessage> Receive();
  // Messages until the result; nullopt when the worker ends without one.
  std::optional<v1::JobResult> ReceiveResult();
  void CloseRequests() { requests_.Reset(); }

  // The status of waitpid(2).
  int Wait();
  // What it wrote to stdout and stderr; call after Wait.
  std::string Output();

 private:
  pid_t pid_ = -1;
  UniqueFd requests_, messages_, output_;
};

}  // namespace edgebench::worker
