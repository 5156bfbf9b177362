#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/recorder.h"
#include "agent/wakeup.h"
#include "common/clock.h"
#include "edgebench/v1/telemetry.pb.h"

namespace edgebench::agent {

// Reads sources in a thread of its own: at once, every period, and when measuring begins; not
// at the end, when the clocks may have followed the load down. To be called by one thread.
class Sampler {
 public:
  // The clock must outlive the sampler; the period is more than 0.
  Sampler(std::vector<std::unique_ptr<ChannelSource>> sources, Clock& clock, absl::Duration period);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void MarkMeasureStart() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the sampling; to be called once.
  v1::Telemetry Finish() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  void Stop();
  // Reads all sources now; how long to wait before the next time.
  absl::Duration AddRow() ABSL_LOCKS_EXCLUDED(mutex_);

  Clock& clock_;
  Wakeup stop_;
  absl::Mutex mutex_;
  Recorder recorder_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace edgebench::agent
