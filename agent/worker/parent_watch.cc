#include "agent/worker/parent_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <new>
#include <utility>

#include "common/framing.h"

namespace edgebench::worker {
namespace {

// What happened on `fd`, or 0 when `stop_fd` was signalled before.
short WaitFor(int fd, short events, int stop_fd) {
  pollfd polled[] = {{fd, events, 0}, {stop_fd, POLLIN, 0}};
  while (polled[0].revents == 0 && polled[1].revents == 0) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return 0;
  }
  return polled[1].revents == 0 ? polled[0].revents : static_cast<short>(0);
}

void Signal(const UniqueFd& event) {
  const uint64_t one = 1;
  // An eventfd takes eight bytes whole unless its counter is full, which one write cannot do.
  if (write(event.get(), &one, sizeof one) != sizeof one) std::terminate();
}

}  // namespace

ParentWatch::ParentWatch(int fd, std::function<void()> on_gone,
                         std::function<void(const v1::WorkerRequest&)> on_request)
    : fd_(fd),
      on_gone_(std::move(on_gone)),
      on_request_(std::move(on_request)),
      begin_(eventfd(0, EFD_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Watch(); }) {}

void ParentWatch::Watch() {
  if (WaitFor(begin_.get(), POLLIN, stop_.get()) == 0) return;
  constexpr short kEnd = POLLRDHUP;  // of a pipe: POLLHUP, which always is waited for
  short awaited = POLLIN | kEnd;
  while (const short happened = WaitFor(fd_, awaited, stop_.get())) {
    // Data that cannot be understood is left alone: only the end matters then.
    if ((happened & awaited & POLLIN) == 0) return on_gone_();
    if (!HandOver()) awaited = kEnd;
  }
}

// A request is written whole, as it fits into a pipe's atomic write: where there is
// a byte of it there is all, and reading does not wait.
bool ParentWatch::HandOver() {
  try {
    v1::WorkerRequest request;
    if (!ReadFrame(fd_, &request).ok()) return false;
    on_request_(request);
    return true;
  } catch (const std::bad_alloc&) {
    return false;  // the job has taken all there is; its own end tells
  }
}

ParentWatch::~ParentWatch() {
  Signal(stop_);
  thread_.join();
}

void ParentWatch::Begin() { Signal(begin_); }

}  // namespace edgebench::worker
