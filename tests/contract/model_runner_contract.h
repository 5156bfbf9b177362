#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/worker/model_runner.h"
#include "tests/support/temp_dir.h"

namespace edgebench::worker {

// A kind of runner, and jobs for it. Files are made in `folder`.
struct RunnerCase {
  std::string name;
  std::function<std::unique_ptr<ModelRunner>()> make;
  // A job of the given kind that succeeds on the CPU.
  std::function<v1::WorkerRequest::RunJob(v1::JobKind kind, const TempDir& folder)> good_job;
  // The same, but its model is broken.
  std::function<v1::WorkerRequest::RunJob(const TempDir& folder)> broken_job;
};

// What every ModelRunner promises in agent/worker/model_runner.h. Instantiated
// for the fake and for the one that holds LibTorch.
class ModelRunnerContract : public testing::TestWithParam<RunnerCase> {
 protected:
  class StageObserver final : public JobObserver {
   public:
    void EnterStage(v1::Stage stage) override { stages.push_back(stage); }
    void Warn(const std::string&) override {}
    void ReportProgress(const v1::Progress&) override {}
    bool FinishRequested() override { return false; }

    std::vector<v1::Stage> stages;
  };

  v1::WorkerRequest::RunJob GoodJob(v1::JobKind kind) const {
    return GetParam().good_job(kind, folder_);
  }
  absl::Status Prepare(const v1::WorkerRequest::RunJob& job) {
    return runner_->Prepare(job, observer_, result_);
  }

  const TempDir folder_;
  const std::unique_ptr<ModelRunner> runner_ = GetParam().make();
  StageObserver observer_;
  v1::JobResult result_;
};

}  // namespace edgebench::worker
