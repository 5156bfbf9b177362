#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/memory_meter.h"
#include "agent/process_launcher.h"
#include "agent/wakeup.h"
#include "common/clock.h"

namespace edgebench::agent {

// Why the daemon ended a worker before it was done.
enum class StopReason { kNone, kCancelled, kDeadline, kMemory, kShutdown };

// Where one job is told to stop, or to finish early. The first reason to stop
// stays. Thread-safe.
class JobControl {
 public:
  void RequestStop(StopReason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  StopReason stop_reason() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Passed on once to each worker that is given the job: at once, or when one is.
  void RequestFinish() ABSL_LOCKS_EXCLUDED(mutex_);

  // While this lives `tell` may be called, from any thread, at most once. It must
  // not block. One at a time.
  class FinishListener {
   public:
    FinishListener(JobControl& control, std::function<void()> tell);
    ~FinishListener();
    FinishListener(const FinishListener&) = delete;
    FinishListener& operator=(const FinishListener&) = delete;

   private:
    JobControl& control_;
  };

  // Sleeps up to `timeout`; RequestStop and Nudge end it early.
  void Wait(absl::Duration timeout) {
    ++waits_;
    wakeup_.Wait(timeout);
  }
  void Nudge() { wakeup_.Notify(); }
  // How often Wait was called: it grows while the job is guarded.
  int64_t waits() const { return waits_; }

 private:
  Wakeup wakeup_;
  std::atomic<int64_t> waits_ = 0;
  mutable absl::Mutex mutex_;
  StopReason reason_ ABSL_GUARDED_BY(mutex_) = StopReason::kNone;
  bool finish_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> tell_finish_ ABSL_GUARDED_BY(mutex_);  // empty: nobody listens
};

struct JobLimits {
  int64_t memory_bytes = 0;    // resident plus swapped
  int64_t deadline_nanos = 0;  // on Clock::NowNanos
};

// Watches one worker from a thread of its own, and kills it when it is told to
// stop, when its deadline passes or when it uses more memory than it may. So
// whoever reads the worker's messages may simply block: they always end.
//
// Memory is sampled, and a peak between two samples shows in the high-water
// mark of the next. The mark counts from BeginJob on and above where it then
// stands: a peak of the worker's start is not the job's.
class JobGuard {
 public:
  // All but the limits must outlive the guard.
  JobGuard(Process& process, JobControl& control, MemoryMeter& memory, Clock& clock,
           JobLimits limits);
  // Stops watching.
  ~JobGuard();

  // To be called just before the worker is given the job.
  void BeginJob();

  // The largest use that was seen; 0 when there was no sample.
  int64_t peak_seen_bytes() const { return peak_; }
  // Where the mark stood when the job began.
  int64_t mark_before_bytes() const { return mark_before_; }

 private:
  void Watch();
  // kNone while the worker may go on.
  StopReason Check();
  // Keeps the larger of the two.
  void Saw(int64_t bytes);

  Process& process_;
  JobControl& control_;
  MemoryMeter& memory_;
  Clock& clock_;
  const JobLimits limits_;
  std::atomic<bool> done_ = false;
  std::atomic<int64_t> peak_ = 0;
  std::atomic<int64_t> mark_before_ = std::numeric_limits<int64_t>::max();
  std::thread thread_;
};

}  // namespace edgebench::agent
