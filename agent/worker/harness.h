#pragma once

#include <functional>

#include "absl/time/time.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/process_memory.h"
#include "common/clock.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// Where a job's messages go while it runs.
using MessageSink = std::function<void(const v1::WorkerMessage&)>;

// Runs one job on a runner and measures it. Knows neither LibTorch nor how
// messages travel. Never throws: what the runner throws becomes an outcome.
class Harness {
 public:
  // Clock and memory are not owned; both outlive the harness. `startup` is the
  // time from the start of the process until it was ready. `finish_requested` is
  // what JobObserver::FinishRequested answers. `free_reserve` is called where memory ran
  // out, so that there is some to say so.
  Harness(
      Clock& clock, ProcessMemory& memory, MessageSink send,
      absl::Duration startup = absl::ZeroDuration(),
      std::function<bool()> finish_requested = [] { return false; },
      std::function<void()> free_reserve = [] {});

  // The result, ready to be sent: outcome, stage, message, samples, peaks.
  // Numbers are present only when the outcome is ok.
  v1::JobResult Run(const v1::WorkerRequest::RunJob& job, ModelRunner& runner);

 private:
  Clock& clock_;
  ProcessMemory& memory_;
  MessageSink send_;
  absl::Duration startup_;
  std::function<bool()> finish_requested_;
  std::function<void()> free_reserve_;
};

}  // namespace edgebench::worker
