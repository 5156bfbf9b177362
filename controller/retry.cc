#include "controller/retry.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace edgebench::controller {

void Backoff::Reset() {
  left_ = policy_.attempts - 1;
  delay_ = policy_.first_delay;
}

bool Backoff::WaitForNext() {
  if (left_ <= 0) return false;
  --left_;
  if (policy_.given_up == nullptr) {
    absl::SleepFor(delay_);
  } else if (policy_.given_up->WaitForNotificationWithTimeout(delay_)) {
    return false;
  }
  delay_ = std::min(2 * delay_, policy_.longest_delay);
  return true;
}

}  // namespace edgebench::controller
