#pragma once

#include <functional>

#include "absl/status/status.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/process_memory.h"
#include "common/clock.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// What a scenario works with; nothing is owned.
struct ScenarioContext {
  const v1::JobSettings& settings;
  ModelRunner& runner;  // prepared
  Clock& clock;
  ProcessMemory& memory;
  JobObserver& observer;
  // Sleeps until a time on Clock::NowNanos.
  const std::function<void(int64_t)>& wait_until;
};

// Takes the samples that the settings' scenario asks for, and writes latency, validity and the
// scenario's own figures to `result`. The status of an inference that fails.
absl::Status RunScenario(const ScenarioContext& context, v1::JobResult& result);

// Times the operators of the prepared model in place of measuring until the median is known.
absl::Status ProfileOperators(const ScenarioContext& context, v1::JobResult& result);

// What the device can do at best; the runner is not prepared, as there is no model.
absl::Status MeasurePeaks(const ScenarioContext& context, const v1::WorkerRequest::RunJob& job,
                          v1::JobResult& result);

}  // namespace edgebench::worker
