#include "agent/worker/harness.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/measure.h"
#include "agent/worker/outcome.h"
#include "agent/worker/stage_recorder.h"
#include "agent/worker/validity.h"
#include "agent/worker/warm_up.h"
#include "common/names.h"
#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

MeasureOptions OptionsFrom(const v1::JobSettings& settings) {
  MeasureOptions options;
  if (settings.has_fixed_samples()) options.fixed_samples = settings.fixed_samples();
  if (settings.has_target_ci()) options.target_ci = settings.target_ci();
  if (settings.has_min_samples()) options.min_samples = settings.min_samples();
  if (settings.has_max_time()) options.max_time = FromProto(settings.max_time());
  options.max_samples = std::max(options.max_samples, options.min_samples);
  return options;
}

absl::Status CheckOptions(const MeasureOptions& options) {
  if (options.fixed_samples.has_value() &&
      (*options.fixed_samples < 1 || *options.fixed_samples > kMaxFixedSamples)) {
    return absl::UnimplementedError(absl::StrCat("--k must be between 1 and ", kMaxFixedSamples,
                                                 ", not ", *options.fixed_samples));
  }
  return absl::OkStatus();
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

// What keeps the figures from being the steady state's.
std::optional<std::string> ReasonAgainst(const WarmUpReport& warm_up) {
  if (warm_up.stable) return std::nullopt;
  const size_t calls = warm_up.samples_ns.size();
  if (!warm_up.last_change.has_value()) {
    return absl::StrCat("unsettled: too few calls to tell whether the latency had settled: ", calls,
                        " in the warm-up; a longer --max-time leaves time for more");
  }
  return absl::StrFormat(
      "unsettled: the latency was still changing when the warm-up ended after %d calls (the last "
      "windows differ by %.1f %%)",
      calls, *warm_up.last_change * 100);
}

absl::Status Benchmark(const v1::JobSettings& settings, ModelRunner& runner, Clock& clock,
                       ProcessMemory& memory, JobObserver& observer, v1::JobResult& result) {
  const MeasureOptions options = OptionsFrom(settings);
  const SwapWatch swap(memory);
  observer.EnterStage(v1::STAGE_WARM_UP);
  WarmUpOptions warm_up_options;
  warm_up_options.max_time = WarmUpTime(options.max_time);
  EDGEBENCH_ASSIGN_OR_RETURN(const WarmUpReport warm_up, WarmUp(runner, clock, warm_up_options));
  const std::optional<std::string> unsettled = ReasonAgainst(warm_up);
  if (unsettled) observer.Warn(*unsettled);

  observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_ASSIGN_OR_RETURN(const Measurement measurement,
                             Measure(runner, clock, options, [&](const v1::Progress& progress) {
                               observer.ReportProgress(progress);
                             }));

  v1::LatencySamples& latency = *result.mutable_latency();
  latency.mutable_warm_up_ns()->Add(warm_up.samples_ns.begin(), warm_up.samples_ns.end());
  latency.mutable_measured_ns()->Add(measurement.samples_ns.begin(), measurement.samples_ns.end());
  latency.set_converged(measurement.converged);
  std::vector<std::string> reasons = swap.Reasons();
  if (unsettled) reasons.push_back(*unsettled);
  *result.mutable_validity() = JudgeValidity(options, measurement, reasons);
  return absl::OkStatus();
}

// Of figures without a goal that they could miss.
v1::Validity ValidityOf(const std::vector<std::string>& reasons) {
  v1::Validity validity;
  validity.set_valid(reasons.empty());
  for (const std::string& reason : reasons) validity.add_reasons(reason);
  return validity;
}

// As Benchmark, with operators timed in place of measuring until the median is known.
absl::Status Profile(const v1::JobSettings& settings, ModelRunner& runner, Clock& clock,
                     ProcessMemory& memory, JobObserver& observer, v1::JobResult& result) {
  ProfileOptions options;
  if (settings.has_fixed_samples()) options.fixed_pairs = settings.fixed_samples();
  if (settings.has_max_time()) options.max_time = FromProto(settings.max_time());
  const SwapWatch swap(memory);
  observer.EnterStage(v1::STAGE_WARM_UP);
  WarmUpOptions warm_up_options;
  warm_up_options.max_time = WarmUpTime(options.max_time);
  EDGEBENCH_ASSIGN_OR_RETURN(const WarmUpReport warm_up, WarmUp(runner, clock, warm_up_options));
  result.mutable_latency()->mutable_warm_up_ns()->Add(warm_up.samples_ns.begin(),
                                                      warm_up.samples_ns.end());
  std::vector<std::string> reasons;
  if (const std::optional<std::string> unsettled = ReasonAgainst(warm_up)) {
    observer.Warn(*unsettled);
    reasons.push_back(*unsettled);
  }
  observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_RETURN_IF_ERROR(runner.Profile(options, clock, observer, result));
  result.mutable_latency()->set_converged(true);  // as many as there were to be
  for (std::string& reason : swap.Reasons()) reasons.push_back(std::move(reason));
  *result.mutable_validity() = ValidityOf(reasons);
  return absl::OkStatus();
}

absl::Status MeasurePeaks(const v1::WorkerRequest::RunJob& job, ModelRunner& runner, Clock& clock,
                          ProcessMemory& memory, JobObserver& observer, v1::JobResult& result) {
  const SwapWatch swap(memory);
  observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_RETURN_IF_ERROR(runner.MeasurePeaks(job, clock, observer, result));
  *result.mutable_validity() = ValidityOf(swap.Reasons());
  return absl::OkStatus();
}

absl::Status RunStages(const v1::WorkerRequest::RunJob& job, ModelRunner& runner, Clock& clock,
                       ProcessMemory& memory, JobObserver& observer, v1::JobResult& result) {
  const v1::JobSettings& settings = job.settings();
  switch (settings.kind()) {
    case v1::JOB_KIND_INSPECT:
      return runner.Prepare(job, observer, result);
    case v1::JOB_KIND_QUANTIZE:
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      observer.EnterStage(v1::STAGE_SAVE);
      return runner.Save(job.output_path());
    case v1::JOB_KIND_BENCHMARK:
      EDGEBENCH_RETURN_IF_ERROR(CheckOptions(OptionsFrom(settings)));
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      return Benchmark(settings, runner, clock, memory, observer, result);
    case v1::JOB_KIND_PROFILE:
      EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(job, observer, result));
      return Profile(settings, runner, clock, memory, observer, result);
    case v1::JOB_KIND_ROOFLINE:
      return MeasurePeaks(job, runner, clock, memory, observer, result);
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
    const std::string detail(status.message());
    result.set_message(
        absl::IsResourceExhausted(status)
            ? OutOfMemoryMessage(detail, stages.current(), stages.JobPeakBytes(), job.settings())
            : detail);
  }
  stages.Finish(result);
  return result;
}

}  // namespace edgebench::worker
