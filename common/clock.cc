#include "common/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace edgebench {

int64_t RealClock::NowNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::Time RealClock::WallNow() { return absl::Now(); }

int64_t FakeClock::NowNanos() {
  absl::MutexLock lock(&mutex_);
  const int64_t now = nanos_;
  nanos_ += absl::ToInt64Nanoseconds(tick_);
  wall_ += tick_;
  return now;
}

absl::Time FakeClock::WallNow() {
  absl::MutexLock lock(&mutex_);
  return wall_;
}

void FakeClock::Advance(absl::Duration by) {
  absl::MutexLock lock(&mutex_);
  nanos_ += absl::ToInt64Nanoseconds(by);
  wall_ += by;
}

void FakeClock::SetTick(absl::Duration tick) {
  absl::MutexLock lock(&mutex_);
  tick_ = tick;
}

}  // namespace edgebench
