#pragma once

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace edgebench::controller {

// How often, and how patiently, an agent that went away is called again.
struct RetryPolicy {
  int attempts = 8;  // in a row without any success between them
  absl::Duration first_delay = absl::Milliseconds(200);
  absl::Duration longest_delay = absl::Seconds(5);
  // Ends a delay, and then there is no further attempt.
  const absl::Notification* given_up = nullptr;
};

// Longer than any controller goes on trying to submit a job. A job is recorded
// before it is submitted: until then an agent that does not know it may still
// hear of it.
inline constexpr absl::Duration kSubmissionMayTake = absl::Minutes(5);

// Counts attempts and sleeps between them, each time twice as long.
class Backoff {
 public:
  explicit Backoff(const RetryPolicy& policy) : policy_(policy) { Reset(); }

  // After a success.
  void Reset();
  // Sleeps and answers true, or answers false when the attempts are used up or
  // it was given up.
  bool WaitForNext();

 private:
  const RetryPolicy policy_;
  int left_ = 0;
  absl::Duration delay_;
};

}  // namespace edgebench::controller
