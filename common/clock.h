#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace edgebench {

// Time, so that tests can turn it by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Nanoseconds on a monotonic clock (CLOCK_MONOTONIC); only differences mean something.
  virtual int64_t NowNanos() = 0;

  // The calendar. May jump; never used to measure.
  virtual absl::Time WallNow() = 0;
};

class RealClock final : public Clock {
 public:
  int64_t NowNanos() override;
  absl::Time WallNow() override;
};

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  int64_t NowNanos() override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Time WallNow() override ABSL_LOCKS_EXCLUDED(mutex_);

  void Advance(absl::Duration by) ABSL_LOCKS_EXCLUDED(mutex_);

  // Every later NowNanos advances the clock by this much after it has read it.
  void SetTick(absl::Duration tick) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  absl::Duration tick_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  int64_t nanos_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time wall_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace edgebench
