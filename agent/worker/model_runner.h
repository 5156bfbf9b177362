#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {

// How a runner tells what it is doing while it prepares. The harness measures
// each stage's time and peak memory between two calls of EnterStage.
class JobObserver {
 public:
  virtual ~JobObserver() = default;
  virtual void EnterStage(v1::Stage stage) = 0;
  virtual void Warn(const std::string& text) = 0;
  virtual void ReportProgress(const v1::Progress& progress) = 0;
  // Whether a training is to end after its present step; once true, it stays so.
  // Cheap enough to be asked after every step.
  virtual bool FinishRequested() = 0;
};

// One of several ways to run a prepared model at the same time, with inputs of its own.
// Used by one thread, which it may set up at its first inference.
class InferenceStream {
 public:
  virtual ~InferenceStream() = default;
  // As ModelRunner::RunOnce; may throw what the model throws.
  virtual absl::Status RunOnce() = 0;
};

// How often a model is run to time its operators.
struct ProfileOptions {
  // Exactly so many pairs of inferences, however long they take.
  std::optional<int> fixed_pairs;
  // Otherwise until one of these ends it, but at least min_pairs.
  int min_pairs = 3;
  int max_pairs = 50;
  absl::Duration max_time = absl::Seconds(10);
};

// A model that can be run: the only thing the harness knows of one. The real
// one holds LibTorch (torch/torch_runner.h), the fake one follows a script.
// Not thread-safe.
class ModelRunner {
 public:
  virtual ~ModelRunner() = default;

  // Loads or builds the model, quantizes and optimizes it as settings say, and
  // makes the inputs. Fills in `result` what it learns: model, engine,
  // optimize, threads, notes, parity, coverage, precision.
  //   INVALID_ARGUMENT    the model is at fault   -> outcome invalid_model
  //   UNIMPLEMENTED       cannot be done here     -> outcome unsupported
  //   RESOURCE_EXHAUSTED  memory ran out          -> outcome oom
  //   INTERNAL            anything else           -> outcome crash
  virtual absl::Status Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                               v1::JobResult& result) = 0;

  // One inference on the prepared inputs, finished when it returns (a CUDA
  // target synchronizes). Codes as above.
  virtual absl::Status RunOnce() = 0;

  // A stream of the prepared model. All streams of a runner share its weights and may run at
  // the same time; the runner outlives them, and runs nothing itself meanwhile.
  virtual absl::StatusOr<std::unique_ptr<InferenceStream>> NewStream() = 0;

  // Times each operator of the prepared model, over pairs of inferences of which one
  // runs without the profiler: result.profile and result.latency.measured_ns.
  //   UNIMPLEMENTED  the model does not run on the CPU
  //   others         as above
  virtual absl::Status Profile(const ProfileOptions& options, Clock& clock, JobObserver& observer,
                               v1::JobResult& result) = 0;

  // Instead of Prepare, in a job without a model: result.peaks, engine, threads, notes.
  // Codes as of Prepare.
  virtual absl::Status MeasurePeaks(const v1::WorkerRequest::RunJob& job, Clock& clock,
                                    JobObserver& observer, v1::JobResult& result) = 0;

  // Writes the prepared model to path, whole, and syncs it.
  //   RESOURCE_EXHAUSTED  memory ran out; a full disk is INTERNAL
  virtual absl::Status Save(const std::string& path) = 0;
};

// The status of a Save whose file could not be written. To common/file.h a full
// disk is RESOURCE_EXHAUSTED, which would make a runner's job one that lacked memory.
inline absl::Status NotWritten(const absl::Status& status) {
  return absl::InternalError(status.message());
}

// What the worker's main loop needs besides: made once per process.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual v1::WorkerMessage::Description Describe() = 0;
  virtual std::unique_ptr<ModelRunner> NewRunner() = 0;
};

}  // namespace edgebench::worker
