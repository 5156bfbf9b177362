#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>

#include "agent/worker/model_runner.h"
#include "agent/worker/torch/preparation.h"

namespace edgebench::worker {

// Runs TorchScript modules. LibTorch's exceptions end here.
class TorchRunner final : public ModelRunner {
 public:
  absl::Status Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                       v1::JobResult& result) override;
  absl::Status RunOnce() override;
  absl::StatusOr<std::unique_ptr<InferenceStream>> NewStream() override;
  absl::Status Profile(const ProfileOptions& options, Clock& clock, JobObserver& observer,
                       v1::JobResult& result) override;
  absl::Status MeasurePeaks(const v1::WorkerRequest::RunJob& job, Clock& clock,
                            JobObserver& observer, v1::JobResult& result) override;
  absl::Status Save(const std::string& path) override;

  // What Prepare has made; valid after it.
  const PreparedModel& model() const { return model_; }

 private:
  PreparedModel model_;
  int threads_ = 1;
  // Looked up once: Module::forward searches it by name at every call.
  std::optional<torch::jit::Method> forward_;
};

}  // namespace edgebench::worker
