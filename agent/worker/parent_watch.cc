#include "agent/worker/parent_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <utility>

namespace edgebench::worker {
namespace {

// True when something happens on `fd` before `stop_fd` is signalled.
bool WaitFor(int fd, short events, int stop_fd) {
  pollfd polled[] = {{fd, events, 0}, {stop_fd, POLLIN, 0}};
  while (polled[0].revents == 0 && polled[1].revents == 0) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return false;
  }
  return polled[1].revents == 0;
}

void Signal(const UniqueFd& event) {
  const uint64_t one = 1;
  // An eventfd takes eight bytes whole unless its counter is full, which one write cannot do.
  if (write(event.get(), &one, sizeof one) != sizeof one) std::terminate();
}

}  // namespace

ParentWatch::ParentWatch(int fd, std::function<void()> on_gone)
    : begin_(eventfd(0, EFD_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([fd, begin = begin_.get(), stop = stop_.get(), on_gone = std::move(on_gone)] {
        if (!WaitFor(begin, POLLIN, stop)) return;
        // Data that waits on fd is left alone: only the end of the stream matters.
        if (WaitFor(fd, POLLRDHUP, stop)) on_gone();
      }) {}

ParentWatch::~ParentWatch() {
  Signal(stop_);
  thread_.join();
}

void ParentWatch::Begin() { Signal(begin_); }

}  // namespace edgebench::worker
