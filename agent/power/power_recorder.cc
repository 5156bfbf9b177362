#include "agent/power/power_recorder.h"

#include <utility>

#include "absl/time/time.h"

namespace edgebench::agent {

PowerRecorder::PowerRecorder(PowerSource& source, Clock& clock, size_t max_samples)
    : source_(source), clock_(clock), max_samples_(max_samples), thread_([this] { Record(); }) {}

PowerRecorder::~PowerRecorder() {
  if (thread_.joinable()) Finish();
}

std::vector<PowerSample> PowerRecorder::Finish() {
  done_ = true;
  wakeup_.Notify();
  thread_.join();
  samples_.push_back(source_.Read(clock_.NowNanos()));
  return std::move(samples_);
}

void PowerRecorder::Record() {
  absl::Duration period = source_.info().period;
  int64_t due_nanos = clock_.NowNanos();
  while (!done_) {
    samples_.push_back(source_.Read(clock_.NowNanos()));
    if (samples_.size() >= max_samples_) {
      for (size_t i = 1; 2 * i < samples_.size(); ++i) samples_[i] = std::move(samples_[2 * i]);
      samples_.resize((samples_.size() + 1) / 2);
      period *= 2;
    }
    due_nanos += absl::ToInt64Nanoseconds(period);
    const int64_t now_nanos = clock_.NowNanos();
    // A reading that took longer than the period is not made up for.
    if (due_nanos < now_nanos) due_nanos = now_nanos;
    wakeup_.Wait(absl::Nanoseconds(due_nanos - now_nanos));
  }
}

}  // namespace edgebench::agent
