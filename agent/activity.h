#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace edgebench::agent {

// When a client last wanted something of this agent. Thread-safe.
class Activity {
 public:
  // `on_quiet` is called whenever the last call in flight ends.
  explicit Activity(
      Clock& clock, std::function<void()> on_quiet = [] {})
      : clock_(clock), on_quiet_(std::move(on_quiet)), last_nanos_(clock.NowNanos()) {}

  // Held while a call is served.
  class Call {
   public:
    explicit Call(Activity& activity) : activity_(activity) { activity_.Count(1); }
    ~Call() { activity_.Count(-1); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Activity& activity_;
  };

  // Time since the last call ended; zero while one is served.
  absl::Duration IdleTime() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (calls_ > 0) return absl::ZeroDuration();
    return absl::Nanoseconds(clock_.NowNanos() - last_nanos_);
  }

 private:
  void Count(int change) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      calls_ += change;
      last_nanos_ = clock_.NowNanos();
      if (calls_ > 0) return;
    }
    on_quiet_();
  }

  Clock& clock_;
  const std::function<void()> on_quiet_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_nanos_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edgebench::agent
