#include "agent/agent_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "agent/settings.h"
#include "common/status_grpc.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;

// Moves the value into place, or answers with the status.
template <typename Value>
grpc::Status Answer(absl::StatusOr<Value> value, Value* place) {
  if (!value.ok()) return ToGrpcStatus(value.status());
  *place = *std::move(value);
  return grpc::Status::OK;
}

absl::StatusOr<int> PageSize(int requested) {
  if (requested < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size is ", requested, "; allowed: 1 to ", kMaxPageSize));
  }
  if (requested == 0) return kDefaultPageSize;
  return std::min(requested, kMaxPageSize);
}

// A token is the sequence number its page begins below.
absl::StatusOr<int64_t> ParsePageToken(const std::string& token) {
  int64_t sequence = 0;
  if (token.empty() || (absl::SimpleAtoi(token, &sequence) && sequence > 0)) return sequence;
  return absl::InvalidArgumentError(
      absl::StrCat("page_token \"", token, "\" is not one that ListJobs gave out"));
}

absl::Status FillPage(db::JobJournal& journal, const v1::ListJobsRequest& request,
                      v1::ListJobsResponse& response) {
  EDGEBENCH_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t before, ParsePageToken(request.page_token()));
  EDGEBENCH_ASSIGN_OR_RETURN(db::JobJournal::Page page, journal.List(size, before));
  for (v1::Job& job : page.jobs) *response.add_jobs() = std::move(job);
  if (page.next_before_sequence > 0) {
    response.set_next_page_token(absl::StrCat(page.next_before_sequence));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::JobSettings> AgentService::Normalize(const v1::JobSettings& requested) {
  absl::StatusOr<SettingsContext> limits = deps_.device.SettingsLimits();
  // NOT_FOUND of the worker's program would be taken for that of a model.
  if (!limits.ok()) return absl::InternalError(limits.status().message());
  limits->find_artifact = [this](const v1::Digest& digest) {
    return deps_.artifacts.PathOf(digest).status();
  };
  return NormalizeSettings(requested, *limits);
}

grpc::Status AgentService::GetCapabilities(grpc::ServerContext*, const v1::GetCapabilitiesRequest*,
                                           v1::GetCapabilitiesResponse* response) {
  const Activity::Call call(deps_.activity);
  *response->mutable_capabilities() = deps_.device.Describe();
  return grpc::Status::OK;
}

grpc::Status AgentService::SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                                     v1::SubmitJobResponse* response) {
  const Activity::Call call(deps_.activity);
  return Answer(
      deps_.queue.Submit(*request, [this](const auto& settings) { return Normalize(settings); }),
      response->mutable_job());
}

grpc::Status AgentService::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                                  v1::GetJobResponse* response) {
  const Activity::Call call(deps_.activity);
  return Answer(deps_.journal.Get(request->job_id()), response->mutable_job());
}

grpc::Status AgentService::ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                                    v1::ListJobsResponse* response) {
  const Activity::Call call(deps_.activity);
  return ToGrpcStatus(FillPage(deps_.journal, *request, *response));
}

grpc::Status AgentService::WatchJob(grpc::ServerContext* context,
                                    const v1::WatchJobRequest* request,
                                    grpc::ServerWriter<v1::WatchJobResponse>* writer) {
  const Activity::Call call(deps_.activity);
  const auto send = [writer](const v1::JobEvent& event) {
    v1::WatchJobResponse response;
    *response.mutable_event() = event;
    return writer->Write(response);
  };
  return ToGrpcStatus(deps_.queue.Watch(request->job_id(), request->from_offset(), send,
                                        [context] { return context->IsCancelled(); }));
}

grpc::Status AgentService::CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                                     v1::CancelJobResponse* response) {
  const Activity::Call call(deps_.activity);
  return Answer(deps_.queue.Cancel(request->job_id()), response->mutable_job());
}

grpc::Status AgentService::FinishJobEarly(grpc::ServerContext*,
                                          const v1::FinishJobEarlyRequest* request,
                                          v1::FinishJobEarlyResponse* response) {
  const Activity::Call call(deps_.activity);
  return Answer(deps_.queue.FinishEarly(request->job_id()), response->mutable_job());
}

grpc::Status AgentService::GetJobResult(grpc::ServerContext*,
                                        const v1::GetJobResultRequest* request,
                                        v1::GetJobResultResponse* response) {
  const Activity::Call call(deps_.activity);
  return Answer(deps_.journal.Result(request->job_id()), response->mutable_result());
}

grpc::Status AgentService::AcknowledgeJobResult(grpc::ServerContext*,
                                                const v1::AcknowledgeJobResultRequest* request,
                                                v1::AcknowledgeJobResultResponse*) {
  const Activity::Call call(deps_.activity);
  return ToGrpcStatus(deps_.journal.Acknowledge(request->job_id()));
}

grpc::Status AgentService::Diagnose(grpc::ServerContext*, const v1::DiagnoseRequest*,
                                    v1::DiagnoseResponse* response) {
  const Activity::Call call(deps_.activity);
  if (!deps_.queue.Idle()) {
    return ToGrpcStatus(absl::FailedPreconditionError(
        "a job runs on this device, and would be found as a busy neighbour: wait for it, or end it "
        "with edgebench job cancel"));
  }
  for (v1::Finding& finding : deps_.device.Diagnose()) {
    *response->add_findings() = std::move(finding);
  }
  *response->mutable_now() = deps_.device.Now();
  return grpc::Status::OK;
}

}  // namespace edgebench::agent
