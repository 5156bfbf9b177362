#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "edgebench/v1/agent.grpc.pb.h"
#include "grpc_standard/health.grpc.pb.h"
#include "tests/support/protos.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The API as a client of another make would use it.
class AgentApi : public ::testing::Test {
 protected:
  void SetUp() override { Restart({}); }

  void Restart(const std::vector<std::string>& flags) {
    agent_ = bench_.StartAgent(flags);
    ASSERT_NE(agent_, nullptr);
    stub_ = v1::AgentService::NewStub(
        grpc::CreateChannel(agent_->address(), grpc::InsecureChannelCredentials()));
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::AgentService::Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return (stub_.get()->*method)(&context, request, response);
  }

  static v1::SubmitJobRequest Inspection(const std::string& id) {
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    request.set_submitter("test:1");
    request.mutable_settings()->set_kind(v1::JOB_KIND_INSPECT);
    request.mutable_settings()->mutable_model()->set_zoo_name("mobilenet_v2");
    return request;
  }

  // Measures until it is cancelled.
  static v1::SubmitJobRequest Endless(const std::string& id) {
    v1::SubmitJobRequest request = Inspection(id);
    request.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
    request.mutable_settings()->set_image_size(64);
    request.mutable_settings()->set_threads(1);
    request.mutable_settings()->set_target_ci(1e-9);
    request.mutable_settings()->mutable_max_time()->set_seconds(500);
    return request;
  }

  grpc::Status Submit(const v1::SubmitJobRequest& request, v1::Job* job = nullptr) {
    v1::SubmitJobResponse response;
    const grpc::Status status = Call(&v1::AgentService::Stub::SubmitJob, request, &response);
    if (job != nullptr) *job = response.job();
    return status;
  }

  v1::Job Get(const std::string& id) {
    v1::GetJobRequest request;
    request.set_job_id(id);
    v1::GetJobResponse response;
    EXPECT_TRUE(Call(&v1::AgentService::Stub::GetJob, request, &response).ok());
    return response.job();
  }

  std::vector<v1::JobEvent> Watch(const std::string& id, int64_t from) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchJobRequest request;
    request.set_job_id(id);
    request.set_from_offset(from);
    const auto reader = stub_->WatchJob(&context, request);
    std::vector<v1::JobEvent> events;
    v1::WatchJobResponse response;
    while (reader->Read(&response)) events.push_back(response.event());
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return events;
  }

  grpc::Status Result(const std::string& id, v1::JobResult* result) {
    v1::GetJobResultRequest request;
    request.set_job_id(id);
    v1::GetJobResultResponse response;
    const grpc::Status status = Call(&v1::AgentService::Stub::GetJobResult, request, &response);
    *result = response.result();
    return status;
  }

  grpc::Status Acknowledge(const std::string& id) {
    v1::AcknowledgeJobResultRequest request;
    request.set_job_id(id);
    v1::AcknowledgeJobResultResponse response;
    return Call(&v1::AgentService::Stub::AcknowledgeJobResult, request, &response);
  }

  grpc::Status Cancel(const std::string& id) {
    v1::CancelJobRequest request;
    request.set_job_id(id);
    v1::CancelJobResponse response;
    return Call(&v1::AgentService::Stub::CancelJob, request, &response);
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
};

TEST_F(AgentApi, AJobGoesFromSubmissionToAcknowledgement) {
  v1::Job job;
  ASSERT_TRUE(Submit(Inspection("a"), &job).ok());
  EXPECT_EQ(job.job_id(), "a");
  EXPECT_EQ(job.settings().target(), "cpu") << "normalized";
  const std::vector<v1::JobEvent> events = Watch("a", 0);
  ASSERT_GE(events.size(), 3u);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].offset(), static_cast<int64_t>(i)) << "no gaps";
  }
  EXPECT_EQ(events.front().state_changed(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(events.back().state_changed(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(Get("a").result_waiting());
  v1::JobResult result;
  ASSERT_TRUE(Result("a", &result).ok());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.model().parameters(), 3'504'872);
  EXPECT_FALSE(result.environment().torch().version().empty());
  EXPECT_TRUE(Acknowledge("a").ok());
  EXPECT_TRUE(Acknowledge("a").ok()) << "twice is once";
  EXPECT_EQ(Result("a", &result).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Get("a").state(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(AgentApi, TheSameIdTwiceIsOneJob) {
  ASSERT_TRUE(Submit(Inspection("a")).ok());
  EXPECT_TRUE(Submit(Inspection("a")).ok());
  v1::SubmitJobRequest other = Inspection("a");
  other.mutable_settings()->mutable_model()->set_zoo_name("resnet18");
  EXPECT_EQ(Submit(other).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  v1::ListJobsResponse list;
  ASSERT_TRUE(Call(&v1::AgentService::Stub::ListJobs, v1::ListJobsRequest(), &list).ok());
  EXPECT_EQ(list.jobs_size(), 1);
}

TEST_F(AgentApi, AWatchCanBeResumedWhereItBroke) {
  ASSERT_TRUE(Submit(Inspection("a")).ok());
  const std::vector<v1::JobEvent> all = Watch("a", 0);
  const std::vector<v1::JobEvent> rest = Watch("a", 2);
  ASSERT_EQ(rest.size(), all.size() - 2);
  EXPECT_TRUE(ProtoEquals(rest.front(), all[2]));
}

TEST_F(AgentApi, AResultIsThereOnlyWhenTheJobHasEnded) {
  ASSERT_TRUE(Submit(Endless("a")).ok());
  v1::JobResult result;
  EXPECT_EQ(Result("a", &result).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Acknowledge("a").error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(Cancel("a").ok());
  EXPECT_EQ(Watch("a", 0).back().state_changed(), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(Result("a", &result).ok());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(result.latency().measured_ns_size(), 0) << "no partial figure";
  EXPECT_TRUE(Cancel("a").ok()) << "of a job that has ended nothing changes";
}

TEST_F(AgentApi, AQueuedJobIsCancelledWithoutEverRunning) {
  ASSERT_TRUE(Submit(Endless("a")).ok());
  ASSERT_TRUE(Submit(Inspection("b")).ok());
  EXPECT_EQ(Get("b").queue_position(), 1);
  ASSERT_TRUE(Cancel("b").ok());
  EXPECT_EQ(Get("b").state(), v1::JOB_STATE_CANCELLED);
  EXPECT_FALSE(Get("b").has_started_time());
  EXPECT_TRUE(Cancel("a").ok());
}

TEST_F(AgentApi, JobsAreListedPageByPage) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Submit(Inspection(id)).ok());
  v1::ListJobsRequest request;
  request.set_page_size(2);
  v1::ListJobsResponse page;
  ASSERT_TRUE(Call(&v1::AgentService::Stub::ListJobs, request, &page).ok());
  ASSERT_EQ(page.jobs_size(), 2);
  EXPECT_EQ(page.jobs(0).job_id(), "c");
  request.set_page_token(page.next_page_token());
  v1::ListJobsResponse last;
  ASSERT_TRUE(Call(&v1::AgentService::Stub::ListJobs, request, &last).ok());
  ASSERT_EQ(last.jobs_size(), 1);
  EXPECT_EQ(last.jobs(0).job_id(), "a");
  EXPECT_EQ(last.next_page_token(), "");
  request.set_page_token("nonsense");
  EXPECT_EQ(Call(&v1::AgentService::Stub::ListJobs, request, &last).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AgentApi, WhatCannotBeAcceptedIsTheStatusOfTheCall) {
  v1::SubmitJobRequest request = Inspection("a/b");
  EXPECT_EQ(Submit(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Inspection("a");
  request.mutable_settings()->mutable_model()->set_zoo_name("resnet81");
  const grpc::Status unknown = Submit(request);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), HasSubstr("resnet18"));
  request = Inspection("a");
  request.mutable_settings()->set_kind(v1::JOB_KIND_EVALUATE);
  EXPECT_EQ(Submit(request).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  request = Inspection("a");
  request.mutable_settings()->set_batch(0);
  EXPECT_EQ(Submit(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Inspection("a");
  auto* artifact = request.mutable_settings()->mutable_model()->mutable_artifact();
  artifact->set_sha256(std::string(64, 'a'));
  artifact->set_size_bytes(1);
  EXPECT_EQ(Submit(request).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  request = Inspection("a");
  request.mutable_settings()->set_memory_limit_bytes(int64_t{1} << 50);
  EXPECT_EQ(Submit(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AgentApi, AFullQueueSaysHowLongItIs) {
  agent_->Kill();
  Restart({"--max-queue", "1"});
  ASSERT_TRUE(Submit(Endless("a")).ok());
  ASSERT_TRUE(
      Eventually(absl::Seconds(30), [&] { return Get("a").state() == v1::JOB_STATE_RUNNING; }));
  ASSERT_TRUE(Submit(Inspection("b")).ok());
  const grpc::Status full = Submit(Inspection("c"));
  EXPECT_EQ(full.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(full.error_message(), HasSubstr("1"));
  EXPECT_TRUE(Cancel("a").ok());
}

TEST_F(AgentApi, HealthChecksFailWhileTheLastJobFinishes) {
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(agent_->address(), grpc::InsecureChannelCredentials()));
  const auto check = [&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(health->Check(&context, {}, &response).ok());
    return response.status();
  };
  ASSERT_TRUE(Submit(Endless("a")).ok());
  ASSERT_TRUE(
      Eventually(absl::Seconds(30), [&] { return Get("a").state() == v1::JOB_STATE_RUNNING; }));
  EXPECT_EQ(check(), grpc::health::v1::HealthCheckResponse::SERVING);
  agent_->process().Signal(SIGTERM);
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] {
    return check() == grpc::health::v1::HealthCheckResponse::NOT_SERVING;
  }));
  EXPECT_EQ(Get("a").state(), v1::JOB_STATE_RUNNING) << "it still answers";
  EXPECT_EQ(Submit(Inspection("b")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Cancel("a").ok());
}

TEST_F(AgentApi, CapabilitiesAreRememberedWithoutAskingAWorkerAgain) {
  v1::GetCapabilitiesResponse first, second;
  ASSERT_TRUE(
      Call(&v1::AgentService::Stub::GetCapabilities, v1::GetCapabilitiesRequest(), &first).ok());
  EXPECT_EQ(first.capabilities().zoo_size(), 23);
  EXPECT_FALSE(first.capabilities().torch().blas().empty());
  EXPECT_EQ(first.capabilities().agent_pid(), agent_->pid());
  agent_->Kill();
  Restart({"--warm-worker", "0"});
  ASSERT_TRUE(
      Call(&v1::AgentService::Stub::GetCapabilities, v1::GetCapabilitiesRequest(), &second).ok());
  EXPECT_TRUE(ProtoEquals(second.capabilities().torch(), first.capabilities().torch()));
  EXPECT_THAT(ChildrenOf(agent_->pid()), IsEmpty()) << "no worker was started for it";
}

}  // namespace
}  // namespace edgebench
