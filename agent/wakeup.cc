#include "agent/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

#include "absl/time/clock.h"

namespace edgebench::agent {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Wakeup::Notify() {
  const uint64_t one = 1;
  // Fails only when 2^64 - 2 notifications wait, which then is one already.
  [[maybe_unused]] const ssize_t written = write(fd_.get(), &one, sizeof(one));
}

bool Wakeup::Wait(absl::Duration timeout) {
  pollfd poll_fd{fd_.get(), POLLIN, 0};
  // An interrupted wait ends early, as a notification would not: callers look again.
  if (poll(&poll_fd, 1, PollTimeout(timeout)) <= 0) return false;
  uint64_t count = 0;
  return read(fd_.get(), &count, sizeof(count)) == sizeof(count);
}

int PollTimeout(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return -1;
  const int64_t millis = absl::ToInt64Milliseconds(timeout + absl::Nanoseconds(999'999));
  if (millis < 0) return 0;
  return millis > INT_MAX ? INT_MAX : static_cast<int>(millis);
}

}  // namespace edgebench::agent
