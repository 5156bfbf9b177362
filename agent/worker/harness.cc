#include "agent/worker/harness.h"

#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/worker/outcome.h"
#include "agent/worker/scenarios.h"
#include "agent/worker/stage_recorder.h"
#include "common/names.h"
#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

absl::Status CheckSamples(const v1::JobSettings& settings) {
  const int samples = settings.fixed_samples();
  if (!settings.has_fixed_samples() || (samples >= 1 && samples <= kMaxFixedSamples))
    return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("--k must be between 1 and ", kMaxFixedSamples, ", not ", samples));
}

// Turns what a runner reports into messages and stage records.
class SendingObserver final : public JobObserver {
 public:
  SendingObserver(StageRecorder& stages, const MessageSink& send,
                  const std::function<bool()>& finish_requested)
      : stages_(stages), send_(send), finish_requested_(finish_requested) {}

  void EnterStage(v1::Stage stage) override {
    v1::WorkerMessage message;
    message.set_stage_entered(stage);
    send_(message);
    stages_.Enter(stage);
  }

  void Warn(const std::string& text) override {
    v1::WorkerMessage message;
    message.set_warning(text);
    send_(message);
  }

  void ReportProgress(const v1::Progress& progress) override {
    v1::WorkerMessage message;
    *message.mutable_progress() = progress;
    send_(message);
  }

  bool FinishRequested() override { return finish_requested_(); }

 private:
  StageRecorder& stages_;
  const MessageSink& send_;
  const std::function<bool()>& finish_requested_;
};

// Precise enough for arrivals: what it comes late counts as latency.
void SleepUntil(Clock& clock, int64_t until_ns) {
  absl::SleepFor(absl::Nanoseconds(until_ns - clock.NowNanos()));
}

// To be called while the model is still there.
void AddHugePages(const v1::JobSettings& settings, const ProcessMemory& memory,
                  v1::JobResult& result) {
  const std::optional<int64_t> bytes = memory.HugePageBytes();
  if (bytes) result.set_huge_page_bytes(*bytes);
  if (settings.huge_pages() == v1::HUGE_PAGES_ON && bytes.value_or(0) == 0)
    result.add_notes("huge pages were asked for, and the kernel or the C library gave none");
  if (settings.huge_pages() == v1::HUGE_PAGES_OFF && bytes.value_or(0) > 0)
    result.add_notes("huge pages that LibTorch took while it loaded could not be given back");
}

void AddStartAndLoad(v1::JobResult& result) {
  for (const v1::StageReport& stage : result.stages()) {
    if (stage.stage() == v1::STAGE_START) result.mutable_cold()->set_start_ns(stage.duration_ns());
    if (stage.stage() == v1::STAGE_LOAD) result.mutable_cold()->set_load_ns(stage.duration_ns());
  }
}

absl::Status RunStages(const v1::WorkerRequest::RunJob& job, ModelRunner& runner, Clock& clock,
                       ProcessMemory& memory, JobObserver& observer, v1::JobResult& result) {
  const v1::JobSettings& settings = job.settings();
  const std::function<void(int64_t)> wait_until = [&clock](int64_t until_ns) {
    SleepUntil(clock, until_ns);
  };
  const ScenarioContext context{settings, runner, clock, memory, observer, wait_until};
  switch (settings.kind()) {
    case v1::JOB_KIND_INSPECT:
      return runner.Prepare(job, observer, result);
    case v1::JOB_KIND_QUANTIZE:
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      observer.EnterStage(v1::STAGE_SAVE);
      return runner.Save(job.output_path());
    case v1::JOB_KIND_BENCHMARK:
      EDGEBENCH_RETURN_IF_ERROR(CheckSamples(settings));
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      EDGEBENCH_RETURN_IF_ERROR(RunScenario(context, result));
      AddHugePages(settings, memory, result);
      return absl::OkStatus();
    case v1::JOB_KIND_PROFILE:
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      return ProfileOperators(context, result);
    case v1::JOB_KIND_ROOFLINE:
      return MeasurePeaks(context, job, result);
    default:
      return absl::UnimplementedError(
          absl::StrCat("this worker has no jobs of kind ", JobKindName(settings.kind()),
                       "; it has: benchmark, quantize, inspect, profile, roofline"));
  }
}

}  // namespace

Harness::Harness(Clock& clock, ProcessMemory& memory, MessageSink send, absl::Duration startup,
                 std::function<bool()> finish_requested, std::function<void()> free_reserve)
    : clock_(clock),
      memory_(memory),
      send_(std::move(send)),
      startup_(startup),
      finish_requested_(std::move(finish_requested)),
      free_reserve_(std::move(free_reserve)) {}

v1::JobResult Harness::Run(const v1::WorkerRequest::RunJob& job, ModelRunner& runner) {
  v1::JobResult result;
  StageRecorder stages(clock_, memory_, startup_);
  SendingObserver observer(stages, send_, finish_requested_);
  absl::Status status;
  try {
    stages.Enter(v1::STAGE_START);
    status = RunStages(job, runner, clock_, memory_, observer, result);
  } catch (const std::bad_alloc&) {
    free_reserve_();
    status = absl::ResourceExhaustedError("an allocation failed");
  } catch (const std::exception& error) {
    status = absl::InternalError(error.what());
  }
  if (absl::IsResourceExhausted(status)) free_reserve_();
  result.set_outcome(OutcomeOf(status));
  if (!status.ok()) {
    // No part of a figure passes for one.
    result.clear_latency();
    result.clear_validity();
    result.clear_cold();
    result.clear_throughput();
    result.clear_server();
    result.clear_profile();
    result.clear_peaks();
    const std::string detail(status.message());
    result.set_message(
        absl::IsResourceExhausted(status)
            ? OutOfMemoryMessage(detail, stages.current(), stages.JobPeakBytes(), job.settings())
            : detail);
  }
  stages.Finish(result);
  if (result.has_cold()) AddStartAndLoad(result);
  return result;
}

}  // namespace edgebench::worker
