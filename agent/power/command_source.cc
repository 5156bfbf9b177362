#include "agent/power/command_source.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "agent/power/child_process.h"
#include "agent/wakeup.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr size_t kMaxLine = 256;
constexpr size_t kMaxTold = 40;  // of a line that is no number
constexpr size_t kChunk = 4096;
// After a chunk that was full: what floods us must not take the processor from the job.
constexpr absl::Duration kFloodPause = absl::Milliseconds(10);
constexpr absl::Duration kFirstLine = absl::Seconds(5);
constexpr absl::Duration kEndGrace = absl::Milliseconds(200);
// Between two runs of a command that ends after its line.
constexpr absl::Duration kRunPeriod = absl::Milliseconds(100);

// What the reading thread tells the others.
struct Latest {
  int64_t time_nanos = 0;
  std::optional<double> watts;
  std::string trouble;
};

class CommandSource final : public PowerSource {
 public:
  CommandSource(PowerSourceInfo info, std::string command, Clock& clock)
      : PowerSource(std::move(info)), command_(std::move(command)), clock_(clock) {}

  ~CommandSource() override {
    stop_ = true;
    stopping_.Notify();
    if (thread_.joinable()) thread_.join();
  }

  // Waits for the first number.
  absl::Status Begin() {
    EDGEBENCH_ASSIGN_OR_RETURN(child_, ChildProcess::Start({"/bin/sh", "-c", command_}));
    thread_ = std::thread([this] { ReadAll(); });
    const absl::Time latest = absl::Now() + kFirstLine;
    while (absl::Now() < latest && !first_.Wait(latest - absl::Now())) {
    }
    absl::MutexLock lock(&mutex_);
    if (latest_.watts) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "the power command printed no number of watts within ", absl::FormatDuration(kFirstLine),
        latest_.trouble.empty() ? "" : ": ", latest_.trouble));
  }

  PowerSample Read(int64_t now_nanos) override {
    absl::MutexLock lock(&mutex_);
    if (!latest_.watts) return {now_nanos, {std::nullopt}};
    return {latest_.time_nanos, {latest_.watts}};
  }

  std::string Trouble() const override {
    absl::MutexLock lock(&mutex_);
    return latest_.trouble;
  }

 private:
  // The reading thread: one run of the command after the other.
  void ReadAll() {
    while (!stop_) {
      bool any = false;
      ReadRun(any);
      if (stop_) break;
      const auto end = child_->AwaitEnd(kEndGrace);
      if (!end || !end->empty() || !any) {
        Tell(std::nullopt, !end            ? "it closed its output"
                           : !end->empty() ? absl::StrCat("it ended with ", *end)
                                           : "it ended without a number");
        break;
      }
      stopping_.Wait(kRunPeriod);
      if (stop_) break;
      auto next = ChildProcess::Start({"/bin/sh", "-c", command_});
      if (!next.ok()) {
        Tell(std::nullopt, std::string(next.status().message()));
        break;
      }
      child_ = *std::move(next);
    }
    child_.reset();
  }

  // Until the command's output ends, or we are to stop.
  void ReadRun(bool& any) {
    std::string line;
    char buffer[kChunk];
    while (!stop_) {
      pollfd fds[] = {{child_->output_fd(), POLLIN, 0}, {stopping_.fd(), POLLIN, 0}};
      if (poll(fds, 2, -1) < 0 && errno == EINTR) continue;
      if (fds[1].revents != 0) return;
      const ssize_t got = read(child_->output_fd(), buffer, sizeof buffer);
      if (got <= 0) break;
      for (ssize_t i = 0; i < got; ++i) {
        if (buffer[i] != '\n') {
          if (line.size() < kMaxLine) line += buffer[i];
          continue;
        }
        any = TakeLine(line) || any;
        line.clear();
      }
      if (static_cast<size_t>(got) == sizeof buffer) stopping_.Wait(kFloodPause);
    }
    if (!line.empty()) any = TakeLine(line) || any;
  }

  bool TakeLine(const std::string& line) {
    const std::optional<double> watts = ParseWatts(line);
    if (watts) {
      Tell(watts, "");
    } else {
      absl::MutexLock lock(&mutex_);
      latest_.trouble =
          absl::StrCat("it printed \"", absl::CHexEscape(line.substr(0, kMaxTold)), "\"");
    }
    return watts.has_value();
  }

  void Tell(std::optional<double> watts, std::string trouble) {
    absl::MutexLock lock(&mutex_);
    if (watts) {
      latest_ = {clock_.NowNanos(), watts, ""};
    } else if (latest_.trouble.empty()) {
      latest_.trouble = std::move(trouble);
    }
    first_.Notify();
  }

  const std::string command_;
  Clock& clock_;
  std::atomic<bool> stop_ = false;
  Wakeup stopping_, first_;
  std::unique_ptr<ChildProcess> child_;  // of the thread, once that runs
  mutable absl::Mutex mutex_;
  Latest latest_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::optional<double> ParseWatts(absl::string_view line) {
  double watts = 0;
  if (!absl::SimpleAtod(absl::StripAsciiWhitespace(line), &watts)) return std::nullopt;
  if (!std::isfinite(watts) || watts < 0) return std::nullopt;
  return watts;
}

absl::StatusOr<std::unique_ptr<PowerSource>> OpenCommand(const std::string& command, Clock& clock) {
  PowerSourceInfo info;
  PowerRail rail;
  rail.name = command;
  rail.counted = true;
  info.rails.push_back(std::move(rail));
  info.name = NameOfSource("command", info.rails);
  auto source = std::make_unique<CommandSource>(std::move(info), command, clock);
  EDGEBENCH_RETURN_IF_ERROR(source->Begin());
  return source;
}

}  // namespace edgebench::agent
