#pragma once

#include "agent/activity.h"
#include "agent/artifact_store.h"
#include "agent/device.h"
#include "agent/job_queue.h"
#include "db/job_journal.h"
#include "edgebench/v1/agent.grpc.pb.h"

namespace edgebench::agent {

// The RPCs of agent.proto: each checks its request, calls the queue or the
// device, and converts the status. Codes are promised in the proto.
class AgentService final : public v1::AgentService::Service {
 public:
  // All must outlive the service.
  struct Dependencies {
    JobQueue& queue;
    db::JobJournal& journal;
    Device& device;
    ArtifactStore& artifacts;
    Activity& activity;
  };
  explicit AgentService(Dependencies dependencies) : deps_(dependencies) {}

  grpc::Status GetCapabilities(grpc::ServerContext* context,
                               const v1::GetCapabilitiesRequest* request,
                               v1::GetCapabilitiesResponse* response) override;
  grpc::Status SubmitJob(grpc::ServerContext* context, const v1::SubmitJobRequest* request,
                         v1::SubmitJobResponse* response) override;
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override;
  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request,
                         v1::CancelJobResponse* response) override;
  grpc::Status FinishJobEarly(grpc::ServerContext* context,
                              const v1::FinishJobEarlyRequest* request,
                              v1::FinishJobEarlyResponse* response) override;
  grpc::Status GetJobResult(grpc::ServerContext* context, const v1::GetJobResultRequest* request,
                            v1::GetJobResultResponse* response) override;
  grpc::Status AcknowledgeJobResult(grpc::ServerContext* context,
                                    const v1::AcknowledgeJobResultRequest* request,
                                    v1::AcknowledgeJobResultResponse* response) override;
  grpc::Status Diagnose(grpc::ServerContext* context, const v1::DiagnoseRequest* request,
                        v1::DiagnoseResponse* response) override;

 private:
  absl::StatusOr<v1::JobSettings> Normalize(const v1::JobSettings& requested);

  const Dependencies deps_;
};

}  // namespace edgebench::agent
