#include "agent/job_queue.h"

#include <memory>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/free_memory.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "spdlog/spdlog.h"

namespace edgebench::agent {
namespace {

constexpr size_t kMaxIdLength = 64;
// Every event is written to disk; more often would disturb what is measured.
constexpr int64_t kProgressPeriodNanos = 500'000'000;
// The journal's disk may be full for a while.
constexpr absl::Duration kRetryPeriod = absl::Seconds(5);
// How soon a watcher that hung up is noticed when nothing happens. absl::CondVar
// goes by the calendar: where that steps back, such a watcher stays longer, and
// no more; whatever happens wakes all.
constexpr absl::Duration kWatcherCheckPeriod = absl::Seconds(1);

absl::Status CheckId(const std::string& id) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-'; };
  if (!id.empty() && id.size() <= kMaxIdLength && absl::c_all_of(id, allowed)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("job_id is \"", id, "\"; allowed: 1 to ",
                                                 kMaxIdLength, " letters, digits and hyphens"));
}

absl::Status Stopped() {
  return absl::UnavailableError("the agent is stopping; try again when it is back");
}

}  // namespace

JobQueue::JobQueue(Dependencies dependencies, Options options)
    : deps_(dependencies), options_(options) {
  deps_.pool.OnKeep([this] { wakeup_.Notify(); });
}

JobQueue::~JobQueue() { EndNow(); }

absl::Status JobQueue::Start() {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> interrupted,
                             deps_.journal.InterruptRunning(deps_.clock.WallNow()));
  for (const std::string& id : interrupted) {
    spdlog::warn("job {} was running when the agent died; it is recorded as interrupted", id);
  }
  {
    // The server listens already: someone may be watching one of those.
    absl::MutexLock lock(&mutex_);
    NoteChange();
  }
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

absl::StatusOr<v1::Job> JobQueue::Submit(const v1::SubmitJobRequest& request,
                                         const Normalize& normalize) {
  EDGEBENCH_RETURN_IF_ERROR(CheckId(request.job_id()));
  if (Stopping()) return Stopped();
  if (auto known = deps_.journal.Get(request.job_id()); known.ok()) {
    using google::protobuf::util::MessageDifferencer;
    if (MessageDifferencer::Equals(known->requested(), request.settings())) return known;
    return absl::AlreadyExistsError(absl::StrCat(
        "job id ", request.job_id(), " is taken by a job with other settings; use a new id"));
  }
  v1::Job job;
  EDGEBENCH_ASSIGN_OR_RETURN(*job.mutable_settings(), normalize(request.settings()));
  absl::MutexLock one_at_a_time(&submit_mutex_);
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t queued, deps_.journal.CountQueued());
  if (queued >= options_.max_queued) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the queue is full: ", queued, " jobs wait; try again later, or cancel some"));
  }
  job.set_job_id(request.job_id());
  job.set_submitter(request.submitter());
  job.set_state(v1::JOB_STATE_QUEUED);
  *job.mutable_requested() = request.settings();
  *job.mutable_submitted_time() = ToProto(deps_.clock.WallNow());
  EDGEBENCH_ASSIGN_OR_RETURN(const bool is_new, deps_.journal.Insert(job));
  if (is_new) spdlog::info("job {} queued", request.job_id());
  wakeup_.Notify();
  return deps_.journal.Get(request.job_id());
}

absl::StatusOr<v1::Job> JobQueue::Cancel(const std::string& job_id) {
  {
    absl::MutexLock lock(&mutex_);
    if (running_ != nullptr && running_id_ == job_id) {
      running_->RequestStop(StopReason::kCancelled);
    } else {
      EDGEBENCH_ASSIGN_OR_RETURN(const v1::Job job, deps_.journal.Get(job_id));
      if (job.state() == v1::JOB_STATE_QUEUED) EDGEBENCH_RETURN_IF_ERROR(CancelQueued(job));
    }
  }
  return deps_.journal.Get(job_id);
}

absl::StatusOr<v1::Job> JobQueue::FinishEarly(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  EDGEBENCH_ASSIGN_OR_RETURN(v1::Job job, deps_.journal.Get(job_id));
  if (job.settings().precision() != v1::PRECISION_INT8_QAT) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", job_id, " trains nothing: its precision is ",
                     PrecisionName(job.settings().precision()), ", not int8-qat"));
  }
  if (running_ == nullptr || running_id_ != job_id) {
    return absl::FailedPreconditionError(absl::StrCat(
        "job ", job_id, " does not run, it is ", JobStateName(job.state()), "; cancel ends it"));
  }
  running_->RequestFinish();
  return job;
}

absl::Status JobQueue::CancelQueued(const v1::Job& job) {
  const absl::Time now = deps_.clock.WallNow();
  v1::JobResult result;
  result.set_job_id(job.job_id());
  result.set_outcome(v1::OUTCOME_CANCELLED);
  result.set_message("cancelled before it ran");
  *result.mutable_settings() = job.settings();
  *result.mutable_finished_time() = ToProto(now);
  EDGEBENCH_RETURN_IF_ERROR(
      deps_.journal.Finish(job.job_id(), v1::JOB_STATE_CANCELLED, result, now));
  NoteChange();
  return absl::OkStatus();
}

absl::Status JobQueue::Watch(const std::string& job_id, int64_t from_offset,
                             const std::function<bool(const v1::JobEvent&)>& sink,
                             const std::function<bool()>& gone) {
  while (true) {
    bool left_alone = false;  // nothing more will happen to this job here
    int64_t seen = 0;
    {
      absl::MutexLock lock(&mutex_);
      seen = version_;
      left_alone = stopping_ && running_id_ != job_id;
    }
    EDGEBENCH_ASSIGN_OR_RETURN(const auto events, deps_.journal.Events(job_id, from_offset));
    for (const v1::JobEvent& event : events) {
      if (!sink(event)) return absl::CancelledError("the watcher is gone");
      if (IsFinal(event.state_changed())) return absl::OkStatus();
      from_offset = event.offset() + 1;
    }
    if (events.empty()) {
      EDGEBENCH_ASSIGN_OR_RETURN(const v1::Job job, deps_.journal.Get(job_id));
      if (IsFinal(job.state())) return absl::OkStatus();
    }
    if (events.size() == db::JobJournal::kEventsAtOnce) continue;  // there may be more
    if (left_alone) return Stopped();
    absl::MutexLock lock(&mutex_);
    while (version_ == seen) {
      if (gone()) return absl::CancelledError("the watcher is gone");
      changed_.WaitWithTimeout(&mutex_, kWatcherCheckPeriod);
    }
  }
}

void JobQueue::BeginStop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  NoteChange();
  wakeup_.Notify();
}

void JobQueue::EndNow() {
  BeginStop();
  {
    absl::MutexLock lock(&mutex_);
    if (running_ != nullptr) running_->RequestStop(StopReason::kShutdown);
  }
  if (thread_.joinable()) thread_.join();
}

bool JobQueue::Idle() {
  {
    absl::MutexLock lock(&mutex_);
    if (running_ != nullptr) return false;
  }
  const auto queued = deps_.journal.CountQueued();
  return queued.ok() && *queued == 0;
}

std::pair<int64_t, int64_t> JobQueue::Pulse() {
  wakeup_.Notify();
  absl::MutexLock lock(&mutex_);
  return {turns_, running_ == nullptr ? 0 : running_->waits()};
}

bool JobQueue::Stopping() {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void JobQueue::NoteChange() {
  ++version_;
  changed_.SignalAll();
}

void JobQueue::Loop() {
  while (!Stopping()) {
    JobControl control;
    const absl::StatusOr<std::optional<v1::Job>> job = Begin(control);
    if (!job.ok()) {
      spdlog::error("no job can be begun: {}", std::string(job.status().message()));
      wakeup_.Wait(kRetryPeriod);
    } else if (job->has_value()) {
      RunJob(**job, control);
    } else {
      wakeup_.Wait(deps_.pool.EndExpired());
    }
  }
  deps_.pool.EndKept();
  ended_.Notify();
}

absl::StatusOr<std::optional<v1::Job>> JobQueue::Begin(JobControl& control) {
  absl::MutexLock lock(&mutex_);
  ++turns_;
  if (stopping_) return std::nullopt;
  EDGEBENCH_ASSIGN_OR_RETURN(std::optional<v1::Job> job, deps_.journal.NextQueued());
  if (!job) return job;
  EDGEBENCH_RETURN_IF_ERROR(deps_.journal.MarkRunning(job->job_id(), deps_.clock.WallNow()));
  running_ = &control;
  running_id_ = job->job_id();
  NoteChange();
  return job;
}

void JobQueue::RunJob(const v1::Job& job, JobControl& control) {
  spdlog::info("job {} runs: {} {} {}", job.job_id(), JobKindName(job.settings().kind()),
               job.settings().model().display_name(), PrecisionName(job.settings().precision()));
  const v1::JobResult result = deps_.executor.Run(job, control, EventsOf(job.job_id()));
  Record(job.job_id(), result);
  {
    absl::MutexLock lock(&mutex_);
    running_ = nullptr;
    running_id_.clear();
    NoteChange();
  }
  spdlog::info("job {} ended: {} {}", job.job_id(), OutcomeName(result.outcome()),
               result.message());
  deps_.executor.FinishJob();
  // A worker that loads LibTorch while another measures would spoil its figures.
  if (!Stopping() && Idle()) {
    if (absl::Status status = deps_.pool.Prepare(); !status.ok()) {
      spdlog::warn("{}", std::string(status.message()));
    }
  }
  ReturnFreeMemory();  // a result may hold megabytes of samples
}

void JobQueue::Record(const std::string& job_id, const v1::JobResult& result) {
  while (true) {
    const absl::Status status =
        deps_.journal.Finish(job_id, FinalState(result.outcome()), result, deps_.clock.WallNow());
    if (status.ok()) return;
    if (absl::IsNotFound(status) || absl::IsFailedPrecondition(status)) {
      // Somebody else ended or removed it: trying again would hold up all others for ever.
      spdlog::error("the result of job {} is dropped: {}", job_id, std::string(status.message()));
      return;
    }
    spdlog::error("the result of job {} cannot be written to the journal: {}", job_id,
                  std::string(status.message()));
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;  // the next start records it as interrupted
      ++turns_;
    }
    wakeup_.Wait(kRetryPeriod);
  }
}

JobExecutor::EventSink JobQueue::EventsOf(const std::string& job_id) {
  auto last_progress = std::make_shared<int64_t>(-kProgressPeriodNanos);
  return [this, job_id, last_progress](v1::JobEvent event) {
    if (event.has_progress()) {
      const int64_t now = deps_.clock.NowNanos();
      if (now - *last_progress < kProgressPeriodNanos) return;
      *last_progress = now;
    }
    const auto appended =
        deps_.journal.AppendEvent(job_id, std::move(event), deps_.clock.WallNow());
    if (!appended.ok()) {
      spdlog::warn("an event of job {} is lost: {}", job_id,
                   std::string(appended.status().message()));
      return;
    }
    absl::MutexLock lock(&mutex_);
    NoteChange();
  };
}

}  // namespace edgebench::agent
