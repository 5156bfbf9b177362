#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "agent/worker/process_memory.h"
#include "common/clock.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Time and highest resident set of each stage of a job, see docs/measuring.md.
class StageRecorder {
 public:
  // Neither is owned; both outlive the recorder. STAGE_START counts as begun
  // `startup` before it was entered.
  StageRecorder(Clock& clock, ProcessMemory& memory, absl::Duration startup = absl::ZeroDuration());

  // Ends the present stage and begins the next. Entering the present stage
  // again continues it.
  void Enter(v1::Stage stage);

  // The stage that was entered last; UNSPECIFIED before the first.
  v1::Stage current() const { return current_; }

  // The highest resident set from the first stage until now.
  std::optional<int64_t> JobPeakBytes() const;

  // Ends the present stage and writes stages, peaks and the time of quantizing.
  void Finish(v1::JobResult& result);

 private:
  void Leave();

  Clock& clock_;
  ProcessMemory& memory_;
  const int64_t startup_ns_;
  v1::Stage current_ = v1::STAGE_UNSPECIFIED;
  int64_t entered_ns_ = 0;
  bool stage_peak_known_ = false;
  std::vector<v1::StageReport> reports_;
  std::optional<int64_t> earlier_peak_bytes_;
};

}  // namespace edgebench::worker
