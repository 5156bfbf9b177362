#include "controller/testing/fake_agent.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "controller/grid.h"
#include "google/protobuf/util/message_differencer.h"

namespace edgebench::controller {
namespace {

constexpr size_t kChunkBytes = 1000;
constexpr absl::Duration kPatience = absl::Minutes(1);

v1::JobSettings Normalized(v1::JobSettings settings) {
  if (settings.precision() == v1::PRECISION_UNSPECIFIED) settings.set_precision(v1::PRECISION_FP32);
  if (settings.target().empty()) settings.set_target("cpu");
  if (settings.engine().empty()) settings.set_engine("auto");
  if (settings.optimize() == v1::OPTIMIZE_UNSPECIFIED) settings.set_optimize(v1::OPTIMIZE_FULL);
  if (!settings.has_batch()) settings.set_batch(1);
  if (!settings.has_image_size()) settings.set_image_size(224);
  if (!settings.has_threads()) settings.set_threads(2);
  if (!settings.has_seed()) settings.set_seed(0);
  return settings;
}

v1::Capabilities DefaultCapabilities() {
  v1::Capabilities capabilities;
  capabilities.set_agent_version(kVersion);
  capabilities.set_api_major(kApiMajor);
  capabilities.set_api_minor(kApiMinor);
  capabilities.set_agent_pid(4711);
  capabilities.mutable_host()->set_hostname("pi4");
  capabilities.mutable_host()->set_cpu_model("Cortex-A72");
  capabilities.mutable_host()->set_physical_cores(4);
  for (const char* name : {"mobilenet_v2", "resnet18"}) {
    v1::ZooModel* const model = capabilities.add_zoo();
    model->set_name(name);
    model->set_family("vision");
    model->add_inputs("float32[N,3,H,W]");
    model->set_default_image_size(224);
  }
  return capabilities;
}

}  // namespace

v1::JobResult MakeResult(const v1::JobSettings& settings, const std::vector<int64_t>& samples_ns) {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  result.set_stage(v1::STAGE_MEASURE);
  *result.mutable_settings() = Normalized(settings);
  result.set_precision(result.settings().precision());
  result.set_threads(result.settings().threads());
  result.set_optimize(result.settings().optimize());
  for (const int64_t sample : samples_ns) result.mutable_latency()->add_measured_ns(sample);
  result.mutable_latency()->set_converged(true);
  result.mutable_validity()->set_valid(true);
  return result;
}

FakeAgent::FakeAgent()
    : script_([](const v1::JobSettings& settings) {
        return MakeResult(settings, {1'000'000, 1'100'000, 1'200'000});
      }),
      capabilities_(DefaultCapabilities()) {}

void FakeAgent::SetScript(Script script) {
  absl::MutexLock lock(&mutex_);
  script_ = std::move(script);
}

void FakeAgent::SetCapabilities(const v1::Capabilities& capabilities) {
  absl::MutexLock lock(&mutex_);
  capabilities_ = capabilities;
}

void FakeAgent::SetDiagnosis(absl::StatusOr<v1::DiagnoseResponse> diagnosis) {
  absl::MutexLock lock(&mutex_);
  diagnosis_ = std::move(diagnosis);
}

v1::Capabilities FakeAgent::capabilities() {
  absl::MutexLock lock(&mutex_);
  return capabilities_;
}

void FakeAgent::HoldJobs() {
  absl::MutexLock lock(&mutex_);
  hold_ = true;
}

void FakeAgent::ReleaseJobs() {
  absl::MutexLock lock(&mutex_);
  hold_ = false;
  for (const std::string& id : order_)
    if (!IsFinal(jobs_[id].job.state())) End(jobs_[id]);
}

void FakeAgent::SetReachable(bool reachable) {
  absl::MutexLock lock(&mutex_);
  reachable_ = reachable;
}

void FakeAgent::BreakNextWatchAfter(int events) {
  absl::MutexLock lock(&mutex_);
  break_watch_after_ = events;
}

void FakeAgent::BreakNextTransferAfter(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  break_transfer_after_ = bytes;
}

void FakeAgent::DuringNextDownload(std::function<void()> happens) {
  absl::MutexLock lock(&mutex_);
  during_download_ = std::move(happens);
}

void FakeAgent::IgnoreCancellations() {
  absl::MutexLock lock(&mutex_);
  ignores_cancellations_ = true;
}

void FakeAgent::PutArtifact(const std::string& content) {
  absl::MutexLock lock(&mutex_);
  artifacts_[Sha256Hex(content)] = content;
}

void FakeAgent::ForgetJobs() {
  absl::MutexLock lock(&mutex_);
  jobs_.clear();
  order_.clear();
}

std::vector<std::string> FakeAgent::submitted_labels() {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> labels;
  for (const std::string& id : order_) labels.push_back(CellLabel(jobs_[id].job.requested()));
  return labels;
}

bool FakeAgent::is_acknowledged(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  return jobs_[job_id].acknowledged;
}

std::string FakeAgent::any_job_id() {
  absl::MutexLock lock(&mutex_);
  return order_.empty() ? "" : order_.back();
}

int64_t FakeAgent::received_bytes() {
  absl::MutexLock lock(&mutex_);
  return received_bytes_;
}

int FakeAgent::late_cancellations() {
  absl::MutexLock lock(&mutex_);
  return late_cancellations_;
}

absl::Status FakeAgent::CheckReachable() const {
  return reachable_ ? absl::OkStatus() : absl::UnavailableError("the network is down");
}

absl::StatusOr<FakeAgent::Job*> FakeAgent::Find(const std::string& id) {
  EDGEBENCH_RETURN_IF_ERROR(CheckReachable());
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return absl::NotFoundError(absl::StrCat("no job ", id));
  return &found->second;
}

v1::JobEvent& FakeAgent::AddEvent(Job& job) {
  v1::JobEvent event;
  event.set_offset(static_cast<int64_t>(job.events.size()));
  return job.events.emplace_back(std::move(event));
}

void FakeAgent::AddState(Job& job, v1::JobState state) {
  job.job.set_state(state);
  AddEvent(job).set_state_changed(state);
}

void FakeAgent::Begin(Job& job) {
  AddState(job, v1::JOB_STATE_QUEUED);
  AddState(job, v1::JOB_STATE_RUNNING);
  AddEvent(job).set_stage_entered(v1::STAGE_MEASURE);
  AddEvent(job).mutable_progress()->set_samples(3);
}

void FakeAgent::End(Job& job) {
  job.result = script_(job.job.requested());
  job.result.set_job_id(job.job.job_id());
  job.job.set_result_waiting(true);
  AddState(job, FinalState(job.result.outcome()));
}

class FakeAgentClient final : public AgentClient {
 public:
  explicit FakeAgentClient(FakeAgent& agent) : agent_(agent) {}

  void SetCallTimeout(absl::Duration) override {}

  absl::StatusOr<v1::Capabilities> GetCapabilities(absl::Duration) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    return agent_.capabilities_;
  }

  absl::StatusOr<v1::Job> SubmitJob(const v1::SubmitJobRequest& request) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    if (const auto known = agent_.jobs_.find(request.job_id()); known != agent_.jobs_.end()) {
      if (google::protobuf::util::MessageDifferencer::Equals(known->second.job.requested(),
                                                             request.settings()))
        return known->second.job;
      return absl::AlreadyExistsError("the id is taken by a job with other settings");
    }
    const v1::JobSettings& settings = request.settings();
    if (settings.precision() == v1::PRECISION_AS_STORED && !settings.model().has_artifact())
      return absl::InvalidArgumentError("only a model file is measured as it is stored");
    if ((settings.model().has_artifact() && agent_.Lacks(settings.model().artifact())) ||
        (settings.has_calibration() && agent_.Lacks(settings.calibration())) ||
        (settings.has_weights() && agent_.Lacks(settings.weights())))
      return absl::FailedPreconditionError("the artifact is not here: upload it first");
    FakeAgent::Job& job = agent_.jobs_[request.job_id()];
    job.job.set_job_id(request.job_id());
    job.job.set_submitter(request.submitter());
    *job.job.mutable_requested() = settings;
    *job.job.mutable_settings() = Normalized(settings);
    agent_.order_.push_back(request.job_id());
    agent_.Begin(job);
    if (!agent_.hold_) agent_.End(job);
    return job.job;
  }

  absl::StatusOr<v1::Job> GetJob(const std::string& job_id) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_ASSIGN_OR_RETURN(const FakeAgent::Job* const job, agent_.Find(job_id));
    return job->job;
  }

  absl::StatusOr<std::vector<v1::Job>> ListJobs(int limit) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    std::vector<v1::Job> jobs;
    for (auto id = agent_.order_.rbegin();
         id != agent_.order_.rend() && static_cast<int>(jobs.size()) < limit; ++id)
      jobs.push_back(agent_.jobs_[*id].job);
    return jobs;
  }

  absl::StatusOr<v1::Job> CancelJob(const std::string& job_id) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(AwaitCancellation());
    EDGEBENCH_ASSIGN_OR_RETURN(FakeAgent::Job* const job, agent_.Find(job_id));
    if (!IsFinal(job->job.state())) {
      job->result.set_outcome(v1::OUTCOME_CANCELLED);
      *job->result.mutable_settings() = job->job.settings();
      job->result.set_job_id(job_id);
      job->job.set_result_waiting(true);
      agent_.AddState(*job, v1::JOB_STATE_CANCELLED);
    }
    return job->job;
  }

  absl::StatusOr<v1::Job> FinishJobEarly(const std::string& job_id) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_ASSIGN_OR_RETURN(FakeAgent::Job* const job, agent_.Find(job_id));
    if (job->job.settings().precision() != v1::PRECISION_INT8_QAT)
      return absl::FailedPreconditionError("the job trains nothing");
    if (IsFinal(job->job.state())) return absl::FailedPreconditionError("the job does not run");
    const v1::Job as_it_was = job->job;
    agent_.End(*job);
    job->result.mutable_training()->set_finished_early(true);
    return as_it_was;
  }

  absl::StatusOr<v1::JobResult> GetJobResult(const std::string& job_id) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_ASSIGN_OR_RETURN(const FakeAgent::Job* const job, agent_.Find(job_id));
    if (!IsFinal(job->job.state())) return absl::FailedPreconditionError("the job has not ended");
    if (job->acknowledged) return absl::NotFoundError("its result was acknowledged");
    return job->result;
  }

  absl::StatusOr<v1::DiagnoseResponse> Diagnose() override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    absl::StatusOr<v1::DiagnoseResponse> diagnosis = agent_.diagnosis_;
    if (diagnosis.ok() && !diagnosis->has_now()) *diagnosis->mutable_now() = ToProto(absl::Now());
    return diagnosis;
  }

  absl::Status AcknowledgeJobResult(const std::string& job_id) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_ASSIGN_OR_RETURN(FakeAgent::Job* const job, agent_.Find(job_id));
    if (!IsFinal(job->job.state())) return absl::FailedPreconditionError("the job has not ended");
    job->acknowledged = true;
    job->job.set_result_waiting(false);
    return absl::OkStatus();
  }

  absl::Status WatchJob(const std::string& job_id, int64_t from_offset,
                        const OnEvent& on_event) override {
    int64_t offset = from_offset;
    while (true) {
      EDGEBENCH_ASSIGN_OR_RETURN(const v1::JobEvent event, NextEvent(job_id, offset));
      if (!on_event(event)) return absl::CancelledError("watching was stopped");
      if (event.has_state_changed() && IsFinal(event.state_changed())) return absl::OkStatus();
      ++offset;
    }
  }

  void StopWatching() override {
    absl::MutexLock lock(&agent_.mutex_);
    stopped_ = true;
  }

  absl::StatusOr<std::vector<v1::Digest>> FindMissingArtifacts(
      const std::vector<v1::Digest>& digests) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    std::vector<v1::Digest> missing;
    for (const v1::Digest& digest : digests)
      if (agent_.artifacts_.count(digest.sha256()) == 0) missing.push_back(digest);
    return missing;
  }

  absl::StatusOr<int64_t> GetCommittedBytes(const v1::Digest& digest) override {
    absl::MutexLock lock(&agent_.mutex_);
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    return static_cast<int64_t>(agent_.partial_[digest.sha256()].size());
  }

  absl::Status UploadArtifact(const v1::Digest& digest, const std::string& path, int64_t offset,
                              const OnSent& on_sent) override {
    const absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok()) return absl::FailedPreconditionError(content.status().message());
    absl::MutexLock lock(&agent_.mutex_);
    if (transfers_stopped_) return absl::CancelledError("the transfer was stopped");
    EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
    std::string& held = agent_.partial_[digest.sha256()];
    if (offset != static_cast<int64_t>(held.size()))
      return absl::OutOfRangeError(absl::StrCat("the committed offset is ", held.size()));
    std::string rest = content->substr(static_cast<size_t>(offset));
    const int64_t limit = std::exchange(agent_.break_transfer_after_, -1);
    const bool breaks = limit >= 0 && static_cast<size_t>(limit) < rest.size();
    if (breaks) rest.resize(static_cast<size_t>(limit));
    held += rest;
    agent_.received_bytes_ += static_cast<int64_t>(rest.size());
    on_sent(static_cast<int64_t>(held.size()));
    if (breaks) return absl::UnavailableError("the line broke");
    const std::string whole = std::exchange(held, "");
    if (Sha256Hex(whole) != digest.sha256()) return absl::DataLossError("not that digest");
    agent_.artifacts_[digest.sha256()] = whole;
    return absl::OkStatus();
  }

  absl::Status DownloadArtifact(const v1::Digest& digest, int64_t offset,
                                const OnChunk& on_chunk) override {
    std::string content;
    std::function<void()> happens = [] {};
    int64_t limit = -1;
    {
      absl::MutexLock lock(&agent_.mutex_);
      if (transfers_stopped_) return absl::CancelledError("the transfer was stopped");
      EDGEBENCH_RETURN_IF_ERROR(agent_.CheckReachable());
      const auto found = agent_.artifacts_.find(digest.sha256());
      if (found == agent_.artifacts_.end()) return absl::NotFoundError("not in the cache");
      content = found->second;
      limit = std::exchange(agent_.break_transfer_after_, -1);
      if (agent_.during_download_) happens = std::exchange(agent_.during_download_, nullptr);
    }
    happens();
    if (offset > static_cast<int64_t>(content.size()))
      return absl::OutOfRangeError("beyond the end");
    content.erase(0, static_cast<size_t>(offset));
    if (limit >= 0 && static_cast<size_t>(limit) < content.size()) {
      content.resize(static_cast<size_t>(limit));
    } else {
      limit = -1;
    }
    for (size_t i = 0; i < content.size(); i += kChunkBytes)
      EDGEBENCH_RETURN_IF_ERROR(on_chunk(content.substr(i, kChunkBytes)));
    return limit < 0 ? absl::OkStatus() : absl::UnavailableError("the line broke");
  }

  void StopTransfers() override {
    absl::MutexLock lock(&agent_.mutex_);
    transfers_stopped_ = true;
  }

 private:
  absl::Status AwaitCancellation() ABSL_EXCLUSIVE_LOCKS_REQUIRED(agent_.mutex_) {
    if (agent_.ignores_cancellations_ &&
        !agent_.mutex_.AwaitWithTimeout(absl::Condition(&stopped_), kPatience)) {
      ++agent_.late_cancellations_;
      return absl::DeadlineExceededError("no answer within a minute");
    }
    return stopped_ ? absl::CancelledError("watching was stopped") : absl::OkStatus();
  }

  absl::StatusOr<v1::JobEvent> NextEvent(const std::string& job_id, int64_t offset) {
    absl::MutexLock lock(&agent_.mutex_);
    if (stopped_) return absl::CancelledError("watching was stopped");
    EDGEBENCH_ASSIGN_OR_RETURN(FakeAgent::Job * job, agent_.Find(job_id));
    if (offset > static_cast<int64_t>(job->events.size()))
      return absl::OutOfRangeError("beyond the next event");
    if (agent_.break_watch_after_ == 0) {
      agent_.break_watch_after_ = -1;
      return absl::UnavailableError("the line broke");
    }
    if (agent_.break_watch_after_ > 0) --agent_.break_watch_after_;
    const auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(agent_.mutex_) {
      return stopped_ || !agent_.reachable_ || agent_.jobs_.count(job_id) == 0 ||
             offset < static_cast<int64_t>(agent_.jobs_[job_id].events.size());
    };
    // So that a test that goes wrong ends all the same.
    if (!agent_.mutex_.AwaitWithTimeout(absl::Condition(&ready), kPatience))
      return absl::InternalError("no event came within a minute");
    if (stopped_) return absl::CancelledError("watching was stopped");
    EDGEBENCH_ASSIGN_OR_RETURN(job, agent_.Find(job_id));
    return job->events[static_cast<size_t>(offset)];
  }

  FakeAgent& agent_;
  // Both guarded by the agent's mutex.
  bool stopped_ = false;
  bool transfers_stopped_ = false;
};

std::unique_ptr<AgentClient> NewFakeAgentClient(FakeAgent& agent) {
  return std::make_unique<FakeAgentClient>(agent);
}

}  // namespace edgebench::controller
