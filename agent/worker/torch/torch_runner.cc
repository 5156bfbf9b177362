#include "agent/worker/torch/torch_runner.h"

#include <torch/cuda.h>

#include <utility>

#include "agent/worker/torch/inputs.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/profiler.h"
#include "agent/worker/torch/roofline_peaks.h"
#include "agent/worker/torch/torch_errors.h"
#include "agent/worker/torch/torch_info.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

absl::Status Infer(const torch::jit::Method& forward, const PreparedModel& model,
                   const ModelInputs& inputs) {
  return Guarded("an inference failed", absl::StatusCode::kInternal, [&] {
    const c10::InferenceMode no_gradients;
    forward(inputs);
    if (model.device.is_cuda()) torch::cuda::synchronize(model.device.index());
    return absl::OkStatus();
  });
}

// The weights are the runner's; inputs are its own, because a model may write into them.
class TorchStream final : public InferenceStream {
 public:
  TorchStream(const torch::jit::Method& forward, const PreparedModel& model, int threads)
      : forward_(forward), model_(model), inputs_(CopyInputs(model.inputs)), threads_(threads) {}

  absl::Status RunOnce() override {
    // OpenMP counts the threads of each thread that has some.
    if (!threads_are_set_) UseThreads(threads_);
    threads_are_set_ = true;
    return Infer(forward_, model_, inputs_);
  }

 private:
  const torch::jit::Method forward_;
  const PreparedModel& model_;
  const ModelInputs inputs_;
  const int threads_;
  bool threads_are_set_ = false;
};

}  // namespace

absl::Status TorchRunner::Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                                  v1::JobResult& result) {
  return Guarded("the model could not be prepared", absl::StatusCode::kInternal,
                 [&]() -> absl::Status {
                   const at::NoGradGuard no_gradients;
                   EDGEBENCH_ASSIGN_OR_RETURN(model_, PrepareModel(job, observer, result));
                   forward_ = model_.module.get_method("forward");
                   threads_ = result.threads();
                   return absl::OkStatus();
                 });
}

absl::Status TorchRunner::RunOnce() { return Infer(*forward_, model_, model_.inputs); }

absl::StatusOr<std::unique_ptr<InferenceStream>> TorchRunner::NewStream() {
  std::unique_ptr<InferenceStream> stream;
  EDGEBENCH_RETURN_IF_ERROR(Guarded("a stream could not be made", absl::StatusCode::kInternal, [&] {
    stream = std::make_unique<TorchStream>(*forward_, model_, threads_);
    return absl::OkStatus();
  }));
  return stream;
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
