#include <grpcpp/grpcpp.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <utility>

#include "common/status_grpc.h"
#include "common/status_macros.h"
#include "controller/grpc_agent_client.h"
#include "edgebench/v1/agent.grpc.pb.h"
#include "edgebench/v1/artifact.grpc.pb.h"
#include "tests/contract/agent_client_contract.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

// The services of an agent, served from the agent in memory.
class JobsOverGrpc final : public v1::AgentService::Service {
 public:
  explicit JobsOverGrpc(AgentClient& agent) : agent_(agent) {}

  grpc::Status GetCapabilities(grpc::ServerContext*, const v1::GetCapabilitiesRequest*,
                               v1::GetCapabilitiesResponse* response) override {
    return Answer(agent_.GetCapabilities(absl::InfiniteDuration()),
                  response->mutable_capabilities());
  }
  grpc::Status SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                         v1::SubmitJobResponse* response) override {
    return Answer(agent_.SubmitJob(*request), response->mutable_job());
  }
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override {
    return Answer(agent_.GetJob(request->job_id()), response->mutable_job());
  }
  grpc::Status ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override {
    // One job per page, so that the client has to turn pages.
    const auto jobs = agent_.ListJobs(1000);
    const size_t index = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    if (index < jobs->size()) *response->add_jobs() = (*jobs)[index];
    if (index + 1 < jobs->size()) response->set_next_page_token(std::to_string(index + 1));
    return grpc::Status::OK;
  }
  grpc::Status FinishJobEarly(grpc::ServerContext*, const v1::FinishJobEarlyRequest* request,
                              v1::FinishJobEarlyResponse* response) override {
    return Answer(agent_.FinishJobEarly(request->job_id()), response->mutable_job());
  }
  grpc::Status CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                         v1::CancelJobResponse* response) override {
    return Answer(agent_.CancelJob(request->job_id()), response->mutable_job());
  }
  grpc::Status GetJobResult(grpc::ServerContext*, const v1::GetJobResultRequest* request,
                            v1::GetJobResultResponse* response) override {
    return Answer(agent_.GetJobResult(request->job_id()), response->mutable_result());
  }
  grpc::Status AcknowledgeJobResult(grpc::ServerContext*,
                                    const v1::AcknowledgeJobResultRequest* request,
                                    v1::AcknowledgeJobResultResponse*) override {
    return ToGrpcStatus(agent_.AcknowledgeJobResult(request->job_id()));
  }
  grpc::Status Diagnose(grpc::ServerContext*, const v1::DiagnoseRequest*,
                        v1::DiagnoseResponse* response) override {
    auto diagnosis = agent_.Diagnose();
    if (!diagnosis.ok()) return ToGrpcStatus(diagnosis.status());
    *response = *std::move(diagnosis);
    return grpc::Status::OK;
  }
  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override {
    return ToGrpcStatus(
        agent_.WatchJob(request->job_id(), request->from_offset(), [&](const v1::JobEvent& event) {
          v1::WatchJobResponse response;
          *response.mutable_event() = event;
          return writer->Write(response);
        }));
  }

 private:
  template <typename T>
  static grpc::Status Answer(absl::StatusOr<T> value, T* out) {
    if (!value.ok()) return ToGrpcStatus(value.status());
    *out = *std::move(value);
    return grpc::Status::OK;
  }

  AgentClient& agent_;
};

class ArtifactsOverGrpc final : public v1::ArtifactService::Service {
 public:
  explicit ArtifactsOverGrpc(AgentClient& agent) : agent_(agent) {}

  grpc::Status FindMissingArtifacts(grpc::ServerContext*,
                                    const v1::FindMissingArtifactsRequest* request,
                                    v1::FindMissingArtifactsResponse* response) override {
    const auto missing =
        agent_.FindMissingArtifacts({request->digests().begin(), request->digests().end()});
    if (missing.ok())
      for (const v1::Digest& digest : *missing) *response->add_missing() = digest;
    return ToGrpcStatus(missing.status());
  }
  grpc::Status GetUploadStatus(grpc::ServerContext*, const v1::GetUploadStatusRequest* request,
                               v1::GetUploadStatusResponse* response) override {
    const auto bytes = agent_.GetCommittedBytes(request->digest());
    if (bytes.ok()) response->set_committed_bytes(*bytes);
    return ToGrpcStatus(bytes.status());
  }
  grpc::Status UploadArtifact(grpc::ServerContext*,
                              grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                              v1::UploadArtifactResponse*) override {
    v1::UploadArtifactRequest part;
    if (!reader->Read(&part) || !part.has_header())
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "header missing");
    const v1::UploadArtifactRequest::Header header = part.header();
    std::string content(static_cast<size_t>(header.offset()), '\0');
    while (reader->Read(&part)) content += part.chunk();
    const TempDir folder;
    std::ofstream(folder.File("content"), std::ios::binary) << content;
    return ToGrpcStatus(agent_.UploadArtifact(header.digest(), folder.File("content"),
                                              header.offset(), [](int64_t) {}));
  }
  grpc::Status DownloadArtifact(grpc::ServerContext*, const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::DownloadArtifactResponse>* writer) override {
    return ToGrpcStatus(
        agent_.DownloadArtifact(request->digest(), request->offset(), [&](absl::string_view chunk) {
          v1::DownloadArtifactResponse response;
          response.set_chunk(chunk.data(), chunk.size());
          return writer->Write(response) ? absl::OkStatus() : absl::CancelledError("reader gone");
        }));
  }

 private:
  AgentClient& agent_;
};

class GrpcUnderTest final : public ClientUnderTest {
 public:
  GrpcUnderTest() {
    const std::string address = "unix:" + folder_.File("agent.sock");
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&jobs_);
    builder.RegisterService(&artifacts_);
    server_ = builder.BuildAndStart();
    auto connected = ConnectGrpc(address, absl::Seconds(10));
    EXPECT_TRUE(connected.ok()) << connected.status();
    client_ = *std::move(connected);
  }
  ~GrpcUnderTest() override { SwitchOff(); }

  AgentClient& client() override { return *client_; }
  FakeAgent& agent() override { return agent_; }
  void SwitchOff() override {
    behind_->StopWatching();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server_->Wait();
  }

 private:
  TempDir folder_;
  FakeAgent agent_;
  std::unique_ptr<AgentClient> behind_ = NewFakeAgentClient(agent_);
  JobsOverGrpc jobs_{*behind_};
  ArtifactsOverGrpc artifacts_{*behind_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<AgentClient> client_;
};

INSTANTIATE_TEST_SUITE_P(Grpc, AgentClientContract,
                         ::testing::Values([] { return std::make_unique<GrpcUnderTest>(); }));

// As gRPC answers what a server could not finish before it stopped.
class StoppingJobs final : public v1::AgentService::Service {
  grpc::Status GetJobResult(grpc::ServerContext*, const v1::GetJobResultRequest*,
                            v1::GetJobResultResponse*) override {
    return grpc::Status::CANCELLED;
  }
  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest*,
                        grpc::ServerWriter<v1::WatchJobResponse>*) override {
    return grpc::Status::CANCELLED;
  }
};

TEST(ConnectGrpc, WhatAStoppingAgentCancelsIsUnavailable) {
  const TempDir folder;
  const std::string address = "unix:" + folder.File("agent.sock");
  StoppingJobs jobs;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&jobs);
  const auto server = builder.BuildAndStart();
  const auto client = ConnectGrpc(address, absl::Seconds(10));
  ASSERT_TRUE(client.ok()) << client.status();
  const auto ignore = [](const v1::JobEvent&) { return true; };
  EXPECT_TRUE(absl::IsUnavailable((*client)->WatchJob("a", 0, ignore)));
  EXPECT_TRUE(absl::IsUnavailable((*client)->GetJobResult("a").status()));
  // But what this side gave up stays told apart.
  (*client)->StopWatching();
  EXPECT_TRUE(absl::IsCancelled((*client)->WatchJob("a", 0, ignore)));
}

TEST(ConnectGrpc, SaysThatNobodyAnswersAndWhy) {
  const TempDir folder;
  const std::string address = "unix:" + folder.File("none.sock");
  const auto client = ConnectGrpc(address, absl::Seconds(5));
  EXPECT_TRUE(absl::IsUnavailable(client.status())) << client.status();
  EXPECT_EQ(std::string(client.status().message()),
            "no agent answers at " + address + ": No such file or directory");
}

}  // namespace
}  // namespace edgebench::controller
