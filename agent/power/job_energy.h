#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/power/power_recorder.h"
#include "agent/power/power_source.h"
#include "common/clock.h"
#include "edgebench/v1/energy.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::agent {

// How the energy of jobs is measured.
struct JobPower {
  // The source for a target. Called once per job, so that nothing runs between jobs.
  std::function<absl::StatusOr<std::unique_ptr<PowerSource>>(const std::string& target)> open;
  // How long the idle device is measured before a job; longer where the source is slow.
  // Zero: not at all.
  absl::Duration idle = absl::Seconds(2);
};

// The energy of one job: opens the source, measures the idle device, and the job's stage
// of measuring. One thread at a time.
class JobEnergy {
 public:
  // The clock must outlive this.
  JobEnergy(const JobPower& power, const std::string& target, Clock& clock);

  // Measures the idle device. `wait` sleeps up to so long, and answers false when the job
  // is to end: then so does this. Returns at once where there is no source.
  void MeasureIdle(const std::function<bool(absl::Duration)>& wait);

  // The job has entered a stage; a second STAGE_MEASURE begins anew.
  void Enter(v1::Stage stage);
  // The job's result has come.
  void End();

  // What a job that ended with this result took; without a source, why that is unknown, and
  // when it measured.
  v1::Energy Of(const v1::JobResult& result) const;

 private:
  v1::Energy Measured(const v1::JobResult& result) const;

  Clock& clock_;
  const absl::Duration idle_length_;
  absl::Status problem_;  // why there is no source
  std::unique_ptr<PowerSource> source_;
  std::unique_ptr<PowerRecorder> recorder_;
  std::vector<PowerSample> idle_samples_, samples_;
  std::optional<TimeWindow> idle_, measured_;
  int64_t start_nanos_ = 0;
  std::optional<absl::Time> start_time_;  // of measuring, once it began
  absl::Time end_time_;
  std::string trouble_;
};

}  // namespace edgebench::agent
