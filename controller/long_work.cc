#include "controller/long_work.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controller/progress_words.h"

namespace edgebench::controller {
namespace {

// Less of it says too little of the rest.
constexpr double kTellingShare = 0.02;

}  // namespace

LongWork::LongWork(Session& session, std::string what, const Pace& pace)
    : session_(session),
      what_(std::move(what)),
      pace_(pace),
      step_began_ns_(session.world().clock.NowNanos()),
      thread_([this] { Watch(); }) {}

LongWork::~LongWork() {
  ended_.Notify();
  thread_.join();
}

void LongWork::Tell(const std::string& step, std::optional<double> done) {
  absl::MutexLock lock(&mutex_);
  if (step != step_) step_began_ns_ = session_.world().clock.NowNanos();
  step_ = step;
  done_ = done;
}

std::string LongWork::Line() {
  absl::MutexLock lock(&mutex_);
  const int64_t spent_ns = session_.world().clock.NowNanos() - step_began_ns_;
  std::string line = step_.empty() ? what_ : absl::StrCat(what_, ": ", step_);
  const std::string so_far = spent_ns < absl::ToInt64Nanoseconds(absl::Seconds(1))
                                 ? ""
                                 : absl::StrCat(", ", ShortDuration(spent_ns), " so far");
  if (!done_) return line + so_far;
  absl::StrAppendFormat(&line, ", %.0f %%", 100 * *done_);
  if (*done_ < kTellingShare) return line + so_far;
  const auto left_ns = static_cast<int64_t>(static_cast<double>(spent_ns) * (1 - *done_) / *done_);
  // Overdue, as where the disk still writes what was given to it.
  if (left_ns < absl::ToInt64Nanoseconds(absl::Seconds(1))) return line + so_far;
  return absl::StrCat(line, ", about ", ShortDuration(left_ns), " left");
}

void LongWork::Watch() {
  const bool in_place = session_.world().terminal.stderr_is_terminal;
  absl::Duration pause = pace_.unnoticed;
  while (!ended_.WaitForNotificationWithTimeout(pause)) {
    session_.ShowProgress(Line());
    pause = in_place ? pace_.on_terminal : pace_.in_pipe;
  }
  session_.EndProgress();
}

}  // namespace edgebench::controller
