#include "agent/job_guard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace edgebench::agent {
namespace {

// Often enough to end a model that grows past its limit before the device
// swaps; a sample costs some ten microseconds.
constexpr absl::Duration kSamplePeriod = absl::Milliseconds(50);

}  // namespace

void JobControl::RequestStop(StopReason reason) {
  {
    absl::MutexLock lock(&mutex_);
    if (reason_ != StopReason::kNone) return;
    reason_ = reason;
  }
  Nudge();
}

StopReason JobControl::stop_reason() const {
  absl::MutexLock lock(&mutex_);
  return reason_;
}

void JobControl::RequestFinish() {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(finish_, true)) return;
  if (tell_finish_) tell_finish_();
}

JobControl::FinishListener::FinishListener(JobControl& control, std::function<void()> tell)
    : control_(control) {
  absl::MutexLock lock(&control_.mutex_);
  if (control_.finish_) tell();
  control_.tell_finish_ = std::move(tell);
}

JobControl::FinishListener::~FinishListener() {
  absl::MutexLock lock(&control_.mutex_);
  control_.tell_finish_ = nullptr;
}

JobGuard::JobGuard(Process& process, JobControl& control, MemoryMeter& memory, Clock& clock,
                   JobLimits limits)
    : process_(process),
      control_(control),
      memory_(memory),
      clock_(clock),
      limits_(limits),
      thread_([this] { Watch(); }) {}

JobGuard::~JobGuard() {
  done_ = true;
  control_.Nudge();
  thread_.join();
}

void JobGuard::Watch() {
  while (!done_) {
    const StopReason reason = Check();
    if (reason != StopReason::kNone) {
      control_.RequestStop(reason);
      process_.Kill();
      return;
    }
    const auto left = absl::Nanoseconds(limits_.deadline_nanos - clock_.NowNanos());
    control_.Wait(std::min(kSamplePeriod, left));
  }
}

StopReason JobGuard::Check() {
  const StopReason requested = control_.stop_reason();
  if (requested != StopReason::kNone) return requested;
  if (clock_.NowNanos() >= limits_.deadline_nanos) return StopReason::kDeadline;
  // Loaded first: a mark that was read before BeginJob reset it must not be
  // held against where it stands after.
  const int64_t mark_before = mark_before_;
  if (const std::optional<MemoryUse> use = memory_.Read(process_.pid())) {
    Saw(use->now_bytes);
    if (use->mark_bytes > mark_before) Saw(use->mark_bytes);
  }
  return peak_ > limits_.memory_bytes ? StopReason::kMemory : StopReason::kNone;
}

void JobGuard::BeginJob() {
  memory_.ResetMark(process_.pid());
  const std::optional<MemoryUse> use = memory_.Read(process_.pid());
  if (!use) return;  // its end tells
  Saw(use->now_bytes);
  mark_before_ = use->mark_bytes;
}

void JobGuard::Saw(int64_t bytes) {
  int64_t known = peak_;
  while (known < bytes && !peak_.compare_exchange_weak(known, bytes)) {
  }
}

}  // namespace edgebench::agent
