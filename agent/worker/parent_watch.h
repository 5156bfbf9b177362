#pragma once

#include <functional>
#include <thread>

#include "common/file.h"

namespace edgebench::worker {

// Calls `on_gone` once, from a thread of its own, when the other end of a pipe
// or socket is closed after Begin(). The thread exists from the start, because
// under a job's memory limit none may be to be had. The destructor ends it.
class ParentWatch {
 public:
  // fd is not owned and stays open during the watch.
  ParentWatch(int fd, std::function<void()> on_gone);
  ~ParentWatch();
  ParentWatch(const ParentWatch&) = delete;
  ParentWatch& operator=(const ParentWatch&) = delete;

  void Begin();

 private:
  UniqueFd begin_, stop_;
  std::thread thread_;
};

}  // namespace edgebench::worker
