#pragma once

#include <functional>

#include "absl/time/time.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/process_memory.h"
#include "common/clock.h"

namespace edgebench::worker {

// The descriptors a worker inherits, see proto/edgebench/v1/worker.proto.
struct WorkerChannels {
  int requests = 3;
  int messages = 4;
};

struct WorkerEnvironment {
  Clock& clock;
  ProcessMemory& memory;
  // Called when the daemon goes while a job runs; main() ends the process.
  std::function<void()> on_parent_gone;
  // From the start of the process until RunWorker is called.
  absl::Duration startup = absl::ZeroDuration();
};

// Says that it is ready, describes, runs at most one job.
//   OK                the daemon closed the requests, or the job's result was sent
//   UNAVAILABLE       the daemon no longer reads
//   DATA_LOSS         what came is no request
absl::Status RunWorker(Backend& backend, const WorkerChannels& channels,
                       const WorkerEnvironment& environment);

}  // namespace edgebench::worker
