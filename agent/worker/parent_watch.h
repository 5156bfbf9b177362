#pragma once

#include <functional>
#include <thread>

#include "common/file.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// Listens to the parent while a job runs, from a thread of its own: hands over
// each request that comes after Begin(), and calls `on_gone` once when the other
// end of the pipe or socket is closed. The thread exists from the start, because
// under a job's memory limit none may be to be had. The destructor ends it.
class ParentWatch {
 public:
  // fd is not owned and stays open during the watch; from Begin() on nobody else
  // reads it. Both functions are called from the thread.
  ParentWatch(int fd, std::function<void()> on_gone,
              std::function<void(const v1::WorkerRequest&)> on_request);
  ~ParentWatch();
  ParentWatch(const ParentWatch&) = delete;
  ParentWatch& operator=(const ParentWatch&) = delete;

  void Begin();

 private:
  void Watch();
  // False when there will be no more: the stream has ended, or holds no requests.
  bool HandOver();

  const int fd_;
  const std::function<void()> on_gone_;
  const std::function<void(const v1::WorkerRequest&)> on_request_;
  UniqueFd begin_, stop_;
  std::thread thread_;  // last: it uses all others
};

}  // namespace edgebench::worker
