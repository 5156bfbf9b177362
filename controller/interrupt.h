#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/file.h"

namespace edgebench::controller {

// Turns SIGINT, SIGTERM and SIGHUP into something a loop can wait for, while
// it lives; the handlers of before come back afterwards. One at a time per process.
class InterruptMonitor {
 public:
  enum class Event { kTimeout, kWoken, kInterrupt, kHangUp };

  static absl::StatusOr<InterruptMonitor> Create();
  ~InterruptMonitor();
  InterruptMonitor(InterruptMonitor&& other) noexcept = default;
  InterruptMonitor& operator=(InterruptMonitor&&) = delete;

  // kInterrupt: Ctrl-C. kHangUp: the program is to end, nobody can be asked.
  Event Wait(absl::Duration timeout);

  // From any thread: lets Wait return kWoken, and AskForKey ABORTED.
  void Wake();

  // Reads a line from stdin, or gives up at the next signal.
  // CANCELLED: a signal came. ABORTED: Wake was called. OUT_OF_RANGE: end of input.
  absl::StatusOr<char> AskForKey();

 private:
  InterruptMonitor(UniqueFd read_end, UniqueFd write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}
  Event ReadEvent();

  UniqueFd read_end_, write_end_;
};

}  // namespace edgebench::controller
