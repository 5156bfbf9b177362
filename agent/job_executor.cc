#include "agent/job_executor.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "agent/placement.h"
#include "agent/telemetry/verdict.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::agent {
namespace {

int64_t DeadlineNanos(const v1::JobSettings& settings, Clock& clock) {
  return clock.NowNanos() + absl::ToInt64Nanoseconds(FromProto(settings.deadline()));
}

v1::JobResult Failure(v1::Outcome outcome, const absl::Status& status) {
  v1::JobResult result;
  result.set_outcome(outcome);
  result.set_stage(v1::STAGE_START);
  result.set_message(std::string(status.message()));
  return result;
}

v1::JobEvent StageEvent(v1::Stage stage) {
  v1::JobEvent event;
  event.set_stage_entered(stage);
  return event;
}

v1::JobEvent WarningEvent(std::string text) {
  v1::JobEvent event;
  event.set_warning(std::move(text));
  return event;
}

// A few bytes, which a pipe has room for: a worker is told once.
void SendFinish(Worker& worker) {
  v1::WorkerRequest request;
  request.mutable_finish_early();
  worker.Send(request).IgnoreError();  // when the worker is gone, its end tells
}

// What the worker that stored a model says of it, where the one that measured does not.
void WithDescription(const v1::JobResult& description, v1::JobResult& result) {
  if (!description.has_model()) return;
  *result.mutable_model() = description.model();
  if (description.has_parity()) *result.mutable_parity() = description.parity();
  if (description.has_coverage()) *result.mutable_coverage() = description.coverage();
  if (description.has_sizes()) *result.mutable_sizes() = description.sizes();
  if (description.has_quantize_duration_ns())
    result.set_quantize_duration_ns(description.quantize_duration_ns());
  result.set_precision(description.precision());
  result.set_engine(description.engine());
  result.set_calibration_source(description.calibration_source());
  for (const std::string& note : description.notes()) result.add_notes(note);
}

// Of these the samples are all that ran while measuring, so that energy can be shared among them.
bool RunsOneAfterTheOther(v1::Scenario scenario) {
  return scenario == v1::SCENARIO_UNSPECIFIED || scenario == v1::SCENARIO_STEADY ||
         scenario == v1::SCENARIO_SUSTAINED;
}

// Passes what a worker says on, and remembers what its end will be judged by.
class Conversation {
 public:
  // `energy` may be nullptr.
  Conversation(Worker& worker, MeasuringWatch& watch, JobEnergy* energy,
               const JobExecutor::EventSink& emit)
      : worker_(worker), watch_(watch), energy_(energy), emit_(emit) {}

  // Returns at the result, or when the worker says no more.
  void Listen(AttemptEnd& end) {
    v1::WorkerMessage message;
    while (!end.result && worker_.Receive(&message).ok()) Handle(message, end);
  }

 private:
  void Handle(v1::WorkerMessage& message, AttemptEnd& end) {
    if (message.has_ready() || message.has_description()) return;
    end.heard_from = true;
    if (message.has_result()) {
      if (energy_ != nullptr) energy_->End();
      end.result = std::move(*message.mutable_result());
      watch_.Conclude(*end.result);
    } else if (message.has_stage_entered()) {
      watch_.Enter(message.stage_entered());
      if (energy_ != nullptr) energy_->Enter(message.stage_entered());
      if (message.stage_entered() != end.last_stage) emit_(StageEvent(message.stage_entered()));
      end.last_stage = message.stage_entered();
    } else if (message.has_warning()) {
      emit_(WarningEvent(message.warning()));
    } else if (message.has_progress()) {
      v1::JobEvent event;
      *event.mutable_progress() = std::move(*message.mutable_progress());
      emit_(std::move(event));
    }
  }

  Worker& worker_;
  MeasuringWatch& watch_;
  JobEnergy* const energy_;
  const JobExecutor::EventSink& emit_;
};

}  // namespace

struct JobExecutor::Attempt {
  const v1::Job& job;
  JobControl& control;
  const EventSink& emit;
  JobLimits limits;
  v1::WorkerRequest request;
  bool starts_afresh = false;  // in a worker that did not wait, whose start is measured
  std::unique_ptr<JobEnergy> energy;
};

v1::JobResult JobExecutor::Run(const v1::Job& job, JobControl& control, const EventSink& emit) {
  FinishJob();
  const absl::Time started = deps_.clock.WallNow();
  Attempt attempt{job, control, emit, {ResidentLimit(job.settings()), 0}, {}, false, nullptr};
  v1::WorkerRequest::RunJob& request = *attempt.request.mutable_run_job();
  request.set_job_id(job.job_id());
  *request.mutable_settings() = job.settings();

  v1::JobResult result;
  v1::Environment environment = deps_.environment();
  if (absl::Status status = ResolveFiles(job.settings(), request); !status.ok()) {
    result = Failure(v1::OUTCOME_INVALID_MODEL, status);
  } else {
    attempt.energy = BeginEnergy(job.settings(), control);
    attempt.limits.deadline_nanos = DeadlineNanos(job.settings(), deps_.clock);
    std::vector<std::string> notes;
    result = job.settings().scenario() == v1::SCENARIO_COLD ? RunColdStart(attempt, notes)
                                                            : RunToResult(attempt, notes);
    if (result.optimize() == v1::OPTIMIZE_UNSPECIFIED) {
      result.set_optimize(request.settings().optimize());
    }
    for (std::string& note : notes) result.add_notes(std::move(note));
    KeepOutput(request.output_path(), result);
    if (attempt.energy != nullptr && result.outcome() == v1::OUTCOME_OK) {
      *result.mutable_energy() = attempt.energy->Of(result);
    } else if (!RunsOneAfterTheOther(job.settings().scenario())) {
      result.mutable_energy()->set_reason(absl::StrCat("energy is not measured of the scenario ",
                                                       ScenarioName(job.settings().scenario())));
    }
  }
  result.set_job_id(job.job_id());
  *result.mutable_settings() = job.settings();
  *result.mutable_environment() = std::move(environment);
  *result.mutable_started_time() = ToProto(started);
  *result.mutable_finished_time() = ToProto(deps_.clock.WallNow());
  AddVerdict(result);
  MakeTextValid(result);  // the log may be cut within a character
  return result;
}

v1::JobResult JobExecutor::RunToResult(Attempt& attempt, std::vector<std::string>& notes) {
  return ResultOf(RunAttempts(attempt, notes), attempt.job.settings());
}

// One worker stores the model and says all that there is to say of it, and another one, which
// has done nothing before, loads it.
v1::JobResult JobExecutor::RunColdStart(Attempt& attempt, std::vector<std::string>& notes) {
  v1::WorkerRequest::RunJob& request = *attempt.request.mutable_run_job();
  const v1::WorkerRequest::RunJob asked = request;
  const std::string stored = deps_.artifacts.TemporaryPath(request.job_id());
  const auto remove = absl::MakeCleanup([&] { deps_.artifacts.RemoveTemporary(stored); });
  v1::JobResult description;
  request.set_stored_model_path(asked.model_path());
  if (asked.settings().precision() != v1::PRECISION_AS_STORED) {
    request.clear_stored_model_path();
    request.mutable_settings()->set_kind(v1::JOB_KIND_QUANTIZE);
    request.set_output_path(stored);
    description = RunToResult(attempt, notes);
    if (description.outcome() != v1::OUTCOME_OK) return description;
    request = asked;
    request.set_stored_model_path(stored);
  }
  attempt.starts_afresh = true;
  v1::JobResult result = RunToResult(attempt, notes);
  WithDescription(description, result);
  return result;
}

std::unique_ptr<JobEnergy> JobExecutor::BeginEnergy(const v1::JobSettings& settings,
                                                    JobControl& control) {
  if (!deps_.power.open || settings.kind() != v1::JOB_KIND_BENCHMARK ||
      !RunsOneAfterTheOther(settings.scenario()))
    return nullptr;
  auto energy = std::make_unique<JobEnergy>(deps_.power, settings.target(), deps_.clock);
  energy->MeasureIdle([&control](absl::Duration time) {
    control.Wait(time);
    return control.stop_reason() == StopReason::kNone;
  });
  return energy;
}

void JobExecutor::FinishJob() {
  finished_worker_.reset();
  if (kept_output_) deps_.artifacts.Unhold(*kept_output_);
  kept_output_.reset();
}

AttemptEnd JobExecutor::RunAttempts(Attempt& attempt, std::vector<std::string>& notes) {
  v1::JobSettings& settings = *attempt.request.mutable_run_job()->mutable_settings();
  const std::vector<std::string> environment = PlacementEnvironment(settings);
  bool fresh = attempt.starts_afresh || !environment.empty();
  while (true) {
    auto worker = fresh ? deps_.pool.TakeNew(environment) : deps_.pool.Take();
    if (!worker.ok()) {
      AttemptEnd end;
      end.result = Failure(v1::OUTCOME_CRASH, worker.status());
      return end;
    }
    const bool warm = (*worker)->warm();
    AttemptEnd end = RunAttempt(attempt, *std::move(worker));
    if (end.stop_reason != StopReason::kNone) return end;
    // A kept worker may have died while it waited; that is not the job's fault.
    if (warm && !fresh && !end.heard_from) {
      fresh = true;
      continue;
    }
    const auto next = NextOptimize(end, settings.optimize());
    if (!next) return end;
    notes.push_back(absl::StrCat("optimization \"", OptimizeName(settings.optimize()),
                                 "\" crashed (", ResultOf(end, settings).message(),
                                 "); ran with \"", OptimizeName(*next), "\" instead"));
    attempt.emit(WarningEvent(notes.back()));
    settings.set_optimize(*next);
    fresh = true;
  }
}

AttemptEnd JobExecutor::RunAttempt(const Attempt& attempt, std::unique_ptr<Worker> worker) {
  AttemptEnd end;
  Process& process = worker->process();
  {
    JobGuard guard(process, attempt.control, deps_.memory, deps_.clock, attempt.limits);
    // One that was started ahead has this stage behind it.
    if (!worker->warm()) attempt.emit(StageEvent(v1::STAGE_START));
    // When the worker is gone already, or goes meanwhile, its end tells.
    if (worker->AwaitReady().ok()) {
      guard.BeginJob();
      process.SetMemoryLimit(attempt.job.settings().memory_limit_bytes()).IgnoreError();
      const absl::Status placed = ApplyPlacement(process.pid(), attempt.job.settings());
      if (!placed.ok()) end.result = Failure(v1::OUTCOME_UNSUPPORTED, placed);
      if (placed.ok() && worker->Send(attempt.request).ok()) Converse(attempt, *worker, end);
    }
    if (!end.result) {
      // It is ending, or talks nonsense: then the end of its requests ends it,
      // and if not that, the guard.
      process.CloseRequests();
      end.exit = process.Wait();
    }
    end.peak_seen_bytes = guard.peak_seen_bytes();
    end.mark_before_bytes = guard.mark_before_bytes();
  }
  end.stop_reason = attempt.control.stop_reason();
  const bool complete =
      end.result && end.result->outcome() == v1::OUTCOME_OK && end.result->has_job_peak_rss_bytes();
  // With its result sent it is of no more use; its log is in the pipe.
  process.Kill();
  if (!complete) end.exit = process.Wait();
  end.log_tail = process.LogTail();
  // Reaping a process that holds LibTorch takes longer than answering.
  finished_worker_ = std::move(worker);
  return end;
}

void JobExecutor::Converse(const Attempt& attempt, Worker& worker, AttemptEnd& end) {
  // It looks at the processors that the worker has been given by now.
  MeasuringWatch watch(
      worker.process().pid(), deps_.clock,
      {deps_.root, deps_.channels, TelemetryPeriod(attempt.request.run_job().settings())});
  const JobControl::FinishListener finish(attempt.control, [&] { SendFinish(worker); });
  Conversation(worker, watch, attempt.energy.get(), attempt.emit).Listen(end);
}

absl::Status JobExecutor::ResolveFiles(const v1::JobSettings& settings,
                                       v1::WorkerRequest::RunJob& request) {
  if (settings.model().has_artifact()) {
    EDGEBENCH_ASSIGN_OR_RETURN(*request.mutable_model_path(),
                               deps_.artifacts.PathOf(settings.model().artifact()));
  }
  if (settings.has_calibration()) {
    EDGEBENCH_ASSIGN_OR_RETURN(*request.mutable_calibration_path(),
                               deps_.artifacts.PathOf(settings.calibration()));
  }
  if (settings.has_weights()) {
    EDGEBENCH_ASSIGN_OR_RETURN(*request.mutable_weights_path(),
                               deps_.artifacts.PathOf(settings.weights()));
  }
  if (settings.kind() == v1::JOB_KIND_QUANTIZE) {
    request.set_output_path(deps_.artifacts.TemporaryPath(request.job_id()));
  }
  return absl::OkStatus();
}

void JobExecutor::KeepOutput(const std::string& path, v1::JobResult& result) {
  if (path.empty()) return;
  const auto remove = absl::MakeCleanup([&] { deps_.artifacts.RemoveTemporary(path); });
  if (result.outcome() != v1::OUTCOME_OK) return;
  auto digest = deps_.artifacts.Adopt(path);
  if (digest.ok()) {
    kept_output_ = *digest;
    *result.mutable_artifact() = *std::move(digest);
    return;
  }
  result.set_outcome(v1::OUTCOME_CRASH);
  result.set_stage(v1::STAGE_SAVE);
  result.set_message(
      absl::StrCat("the quantized model could not be kept: ", digest.status().message()));
}

}  // namespace edgebench::agent
