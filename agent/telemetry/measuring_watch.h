#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/cpu_time.h"
#include "agent/telemetry/sampler.h"
#include "common/clock.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::agent {

// Makes what is sampled while a worker measures.
using MakeChannels = std::function<std::vector<std::unique_ptr<ChannelSource>>(pid_t worker)>;

// Watches the device from a job's warm-up to its result. To be called by one thread.
class MeasuringWatch {
 public:
  struct Options {
    std::string root;       // before /proc and /sys; "" but in tests
    MakeChannels channels;  // called when the warm-up begins
    // 0: telemetry_hz is 0, nothing is sampled; all else is looked at in any case.
    absl::Duration period;
  };

  // The clock must outlive the watch.
  MeasuringWatch(pid_t worker, Clock& clock, Options options);

  // The worker has entered a stage; all but warm-up and measuring are passed over.
  void Enter(v1::Stage stage);

  // The worker's result is there: adds telemetry, conditions and cpu_use to it. Nothing is
  // added where the job did not come to its warm-up.
  void Conclude(v1::JobResult& result);

 private:
  const pid_t worker_;
  Clock& clock_;
  const Options options_;
  CpuTimeReader cpu_;
  v1::Conditions before_;
  std::optional<CpuTimes> warm_up_, measuring_;  // when they began
  std::unique_ptr<Sampler> sampler_;
};

// The time between samples; telemetry_hz is unset by clients that do not know of it.
absl::Duration TelemetryPeriod(const v1::JobSettings& settings);

}  // namespace edgebench::agent
