#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "agent/power/power_source.h"
#include "agent/wakeup.h"
#include "common/clock.h"

namespace edgebench::agent {

// Reads a source in its period, from a thread of its own, from now on until Finish. When it
// has many readings it drops every other one and reads half as often, so that a job of days
// needs no more memory than one of minutes.
class PowerRecorder {
 public:
  static constexpr size_t kMaxSamples = 20'000;

  // Both must outlive the recorder.
  PowerRecorder(PowerSource& source, Clock& clock, size_t max_samples = kMaxSamples);
  ~PowerRecorder();
  PowerRecorder(const PowerRecorder&) = delete;
  PowerRecorder& operator=(const PowerRecorder&) = delete;

  // Reads once more, and ends. At most once.
  std::vector<PowerSample> Finish();

 private:
  void Record();

  PowerSource& source_;
  Clock& clock_;
  const size_t max_samples_;
  std::atomic<bool> done_ = false;
  Wakeup wakeup_;
  std::vector<PowerSample> samples_;  // of the thread, while that runs
  std::thread thread_;
};

}  // namespace edgebench::agent
