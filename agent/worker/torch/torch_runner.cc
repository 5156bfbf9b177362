#include "agent/worker/torch/torch_runner.h"

#include <torch/cuda.h>

#include <utility>

#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/profiler.h"
#include "agent/worker/torch/roofline_peaks.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {

absl::Status TorchRunner::Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                                  v1::JobResult& result) {
  return Guarded("the model could not be prepared", absl::StatusCode::kInternal,
                 [&]() -> absl::Status {
                   const at::NoGradGuard no_gradients;
                   EDGEBENCH_ASSIGN_OR_RETURN(model_, PrepareModel(job, observer, result));
                   forward_ = model_.module.get_method("forward");
                   return absl::OkStatus();
                 });
}

absl::Status TorchRunner::RunOnce() {
  return Guarded("an inference failed", absl::StatusCode::kInternal, [this] {
    const c10::InferenceMode no_gradients;
    (*forward_)(model_.inputs);
    if (model_.device.is_cuda()) torch::cuda::synchronize(model_.device.index());
    return absl::OkStatus();
  });
}

absl::Status TorchRunner::Profile(const ProfileOptions& options, Clock& clock,
                                  JobObserver& observer, v1::JobResult& result) {
  return Guarded("an inference with the profiler failed", absl::StatusCode::kInternal, [&] {
    return ProfileOperators(
        model_, [this] { return RunOnce(); }, options, clock, observer, result);
  });
}

absl::Status TorchRunner::MeasurePeaks(const v1::WorkerRequest::RunJob& job, Clock& clock,
                                       JobObserver& observer, v1::JobResult& result) {
  return Guarded("the peaks could not be measured", absl::StatusCode::kInternal,
                 [&] { return MeasureRooflinePeaks(job.settings(), clock, observer, result); });
}

absl::Status TorchRunner::Save(const std::string& path) { return SaveModel(model_.module, path); }

}  // namespace edgebench::worker
