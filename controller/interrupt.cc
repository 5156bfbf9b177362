#include "controller/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"

namespace edgebench::controller {
namespace {

constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr char kWake = 'w';

// Signal handlers are global, and so is what they need.
std::atomic<int> signal_pipe{-1};
std::array<struct sigaction, kSignals.size()> former_actions;

void OnSignal(int signal) {
  const int saved_errno = errno;
  const char byte = signal == SIGINT ? 'i' : 'h';
  // A full pipe means that enough signals wait already.
  [[maybe_unused]] const ssize_t ignored = write(signal_pipe.load(), &byte, 1);
  errno = saved_errno;
}

}  // namespace

absl::StatusOr<InterruptMonitor> InterruptMonitor::Create() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return ErrnoStatus(errno, "pipe");
  InterruptMonitor monitor{UniqueFd(ends[0]), UniqueFd(ends[1])};
  signal_pipe.store(ends[1]);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &former_actions[i]);
    // What nohup or a shell made this process ignore stays ignored.
    if (former_actions[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
  return monitor;
}

InterruptMonitor::~InterruptMonitor() {
  if (!read_end_.valid()) return;  // moved from
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &former_actions[i], nullptr);
  signal_pipe.store(-1);
}

void InterruptMonitor::Wake() {
  [[maybe_unused]] const ssize_t ignored = write(write_end_.get(), &kWake, 1);
}

InterruptMonitor::Event InterruptMonitor::ReadEvent() {
  Event event = Event::kTimeout;
  std::array<char, 64> bytes;
  ssize_t count = 0;
  while ((count = read(read_end_.get(), bytes.data(), bytes.size())) > 0) {
    for (ssize_t i = 0; i < count; ++i) {
      const char byte = bytes[static_cast<size_t>(i)];
      const Event now = byte == kWake ? Event::kWoken
                        : byte == 'i' ? Event::kInterrupt
                                      : Event::kHangUp;
      event = std::max(event, now);
    }
  }
  return event;
}

InterruptMonitor::Event InterruptMonitor::Wait(absl::Duration timeout) {
  pollfd readable{read_end_.get(), POLLIN, 0};
  poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  return ReadEvent();
}

absl::StatusOr<char> InterruptMonitor::AskForKey() {
  std::array<pollfd, 2> readable = {pollfd{STDIN_FILENO, POLLIN, 0},
                                    pollfd{read_end_.get(), POLLIN, 0}};
  while (true) {
    if (poll(readable.data(), readable.size(), -1) < 0 && errno != EINTR)
      return ErrnoStatus(errno, "stdin");
    if (readable[1].revents != 0) {
      const Event event = ReadEvent();
      if (event >= Event::kInterrupt) return absl::CancelledError("interrupted again");
      if (event == Event::kWoken) return absl::AbortedError("woken");
    }
    if (readable[0].revents == 0) continue;
    std::array<char, 256> line;
    const ssize_t count = read(STDIN_FILENO, line.data(), line.size());
    if (count <= 0) return absl::OutOfRangeError("end of input");
    return absl::ascii_tolower(static_cast<unsigned char>(line[0]));
  }
}

}  // namespace edgebench::controller
