#pragma once

#include "absl/time/time.h"
#include "common/file.h"

namespace edgebench::agent {

// Lets one thread sleep until another wakes it. The sleep is measured on the
// monotonic clock: absl::CondVar waits on the calendar, and a device without a
// clock battery steps that by years when it finds the time. Thread-safe.
class Wakeup {
 public:
  Wakeup();

  // Ends the present or the next Wait.
  void Notify();

  // True when notified, false when `timeout` passed first. Several calls of
  // Notify may be seen as one.
  bool Wait(absl::Duration timeout);

  // Readable while a notification waits, for poll(2) together with others.
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// A timeout for poll(2): rounded up to milliseconds, -1 when infinite.
int PollTimeout(absl::Duration timeout);

}  // namespace edgebench::agent
