#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/torch/preparation.h"
#include "common/clock.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Times the operators of a prepared model with callbacks of LibTorch's RecordFunction
// (ATen/record_function.h), and marks in the graph where there are none. `run_plain` is an
// inference without the profiler; each profiled one follows one of these, so that both
// see the same state of the machine. Codes as ModelRunner::Profile; throws what LibTorch
// throws.
absl::Status ProfileOperators(const PreparedModel& model,
                              const std::function<absl::Status()>& run_plain,
                              const ProfileOptions& options, Clock& clock, JobObserver& observer,
                              v1::JobResult& result);

}  // namespace edgebench::worker
