#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "controller/session.h"

namespace edgebench::controller {

// Says on stderr how far something is that may take long, while this lives: on a terminal in a
// line that is written in place, in a pipe in lines of their own. What takes less than a second is
// not worth a word.
class LongWork {
 public:
  struct Pace {
    absl::Duration unnoticed = absl::Seconds(1);
    absl::Duration on_terminal = absl::Milliseconds(200);
    absl::Duration in_pipe = absl::Milliseconds(1500);
  };

  // `what` as in "merging anna.db".
  LongWork(Session& session, std::string what) : LongWork(session, std::move(what), Pace()) {}
  LongWork(Session& session, std::string what, const Pace& pace);
  ~LongWork();
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  // What it is busy with, which may be empty, and what share of that is done where that is known.
  void Tell(const std::string& step, std::optional<double> done) ABSL_LOCKS_EXCLUDED(mutex_);

  // "merging anna.db: copying it, 45 %, about 3 s left"; where the rest cannot be estimated, how
  // long the step has taken so far.
  std::string Line() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Watch();

  Session& session_;
  const std::string what_;
  const Pace pace_;

  absl::Mutex mutex_;
  std::string step_ ABSL_GUARDED_BY(mutex_);
  std::optional<double> done_ ABSL_GUARDED_BY(mutex_);
  int64_t step_began_ns_ ABSL_GUARDED_BY(mutex_);

  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace edgebench::controller
