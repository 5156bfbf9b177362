#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/worker/model_runner.h"
#include "common/clock.h"

namespace edgebench::worker {

// What a fake model does. It is called "fake"; every other name is a broken
// model, and every target but the CPU is missing.
struct FakeScript {
  // How long the n-th inference takes, from 0.
  std::function<absl::Duration(int call)> duration = [](int) { return absl::Milliseconds(1); };
  // Instead of the inference with this number.
  std::optional<int> failing_call;
  // Instead of this stage of Prepare.
  v1::Stage failing_stage = v1::STAGE_UNSPECIFIED;
  absl::Status failure = absl::InternalError("as the script says");
  // Failing means std::bad_alloc instead of a status.
  bool fails_by_bad_alloc = false;
  // Called within every inference.
  std::function<void()> during_call = [] {};
  // Called within every step of an int8-qat job's training, from 1.
  std::function<void(int step)> during_step = [](int) {};
};

// A ModelRunner without a model: turns a clock by hand instead of computing.
class FakeRunner final : public ModelRunner {
 public:
  // The clock is not owned and outlives the runner.
  FakeRunner(FakeClock& clock, FakeScript script);

  absl::Status Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                       v1::JobResult& result) override;
  absl::Status RunOnce() override ABSL_LOCKS_EXCLUDED(mutex_);
  // Streams take turns: one clock cannot run twice as fast.
  absl::StatusOr<std::unique_ptr<InferenceStream>> NewStream() override;
  // One operator, which takes as long as an inference.
  absl::Status Profile(const ProfileOptions& options, Clock& clock, JobObserver& observer,
                       v1::JobResult& result) override;
  absl::Status MeasurePeaks(const v1::WorkerRequest::RunJob& job, Clock& clock,
                            JobObserver& observer, v1::JobResult& result) override;
  absl::Status Save(const std::string& path) override;

  int calls() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  absl::Status Fail() const;
  // As many steps as the settings say, unless it is to finish early.
  void Train(const v1::Training& settings, JobObserver& observer, v1::TrainingReport& report);

  FakeClock& clock_;
  FakeScript script_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

class FakeBackend final : public Backend {
 public:
  FakeBackend(FakeClock& clock, FakeScript script);

  v1::WorkerMessage::Description Describe() override;
  std::unique_ptr<ModelRunner> NewRunner() override;

 private:
  FakeClock& clock_;
  FakeScript script_;
};

}  // namespace edgebench::worker
