// The services over a real unix socket, with a fake worker behind them.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "agent/agent_service.h"
#include "agent/artifact_service.h"
#include "agent/server.h"
#include "common/digest.h"
#include "common/version.h"
#include "edgebench/v1/agent.grpc.pb.h"
#include "edgebench/v1/artifact.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    description_.mutable_torch()->set_version("1.13.1");
    description_.add_zoo()->set_name("tiny");
    launcher_.Define("", FakeWorker(description_, [](FakeChild& child, const auto&) {
                       child.Send(ResultMessage(v1::OUTCOME_OK));
                       return ExitsWith(0);
                     }));
    EXPECT_TRUE(queue_.Start().ok());
    server_ = Server::Start({ParseListenAddress("unix:" + dir_.File("run/s")).value()},
                            {{v1::AgentService::service_full_name(), &agent_service_},
                             {v1::ArtifactService::service_full_name(), &artifact_service_}})
                  .value();
    channel_ =
        grpc::CreateChannel(server_->addresses()[0].ToString(), grpc::InsecureChannelCredentials());
    agent_ = v1::AgentService::NewStub(channel_);
    artifact_stub_ = v1::ArtifactService::NewStub(channel_);
  }

  // A context that no test outlives.
  struct Context : grpc::ClientContext {
    Context() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60)); }
  };

  grpc::Status Submit(const std::string& id, v1::Job* job = nullptr) {
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    request.mutable_settings()->set_kind(v1::JOB_KIND_INSPECT);
    request.mutable_settings()->mutable_model()->set_zoo_name(zoo_name_);
    v1::SubmitJobResponse response;
    Context context;
    grpc::Status status = agent_->SubmitJob(&context, request, &response);
    if (job != nullptr) *job = response.job();
    return status;
  }

  static bool Soon(const std::function<bool()>& holds) {
    const absl::Time limit = absl::Now() + absl::Seconds(30);
    while (absl::Now() < limit) {
      if (holds()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  bool EndsUpIdle() {
    return Soon([this] { return activity_.IdleTime() > absl::ZeroDuration(); });
  }

  grpc::Status Watch(const std::string& id, std::vector<v1::JobEvent>* events) {
    v1::WatchJobRequest request;
    request.set_job_id(id);
    Context context;
    const auto reader = agent_->WatchJob(&context, request);
    v1::WatchJobResponse response;
    while (reader->Read(&response)) events->push_back(response.event());
    return reader->Finish();
  }

  grpc::Status Upload(const v1::Digest& digest, int64_t offset, const std::string& bytes,
                      int64_t* committed) {
    Context context;
    v1::UploadArtifactResponse response;
    const auto writer = artifact_stub_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest message;
    *message.mutable_header()->mutable_digest() = digest;
    message.mutable_header()->set_offset(offset);
    writer->Write(message);
    for (size_t at = 0; at < bytes.size(); at += 1000) {
      message.set_chunk(bytes.substr(at, 1000));
      writer->Write(message);
    }
    writer->WritesDone();
    grpc::Status status = writer->Finish();
    *committed = response.committed_bytes();
    return status;
  }

  TempDir dir_;
  v1::WorkerMessage::Description description_;
  std::string zoo_name_ = "tiny";
  RealClock clock_;
  Activity activity_{clock_};
  FakeMemoryMeter memory_;
  FakeProcessLauncher launcher_;
  std::unique_ptr<db::JobJournal> journal_ = db::JobJournal::Open(dir_.File("journal.db")).value();
  std::unique_ptr<ArtifactStore> artifacts_ =
      ArtifactStore::Open({.folder = dir_.File("artifacts"),
                           .reserve_bytes = 0,
                           .pinned = [this] { return journal_->PinnedArtifacts(); }})
          .value();
  WorkerPool pool_{launcher_, clock_, {"worker", absl::ZeroDuration()}};
  TorchFacts facts_{pool_, memory_, clock_, {dir_.File("facts"), ""}};
  Device device_{facts_,
                 clock_,
                 {.name = "pi",
                  .root = "",
                  .data_folder = dir_.path(),
                  .job_memory_bytes = 1'000'000'000,
                  .cache_bytes = 1,
                  .power_source = {}}};
  JobExecutor executor_{{pool_, *artifacts_, memory_, clock_,
                         [this] { return device_.CurrentEnvironment(); }, NoChannels, dir_.path()}};
  JobQueue queue_{{*journal_, executor_, pool_, clock_}, {}};
  AgentService agent_service_{{queue_, *journal_, device_, *artifacts_, activity_}};
  ArtifactService artifact_service_{*artifacts_, activity_};
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AgentService::Stub> agent_;
  std::unique_ptr<v1::ArtifactService::Stub> artifact_stub_;
};

TEST_F(ServiceTest, KeepsTheSocketToTheUser) {
  struct stat file {};
  ASSERT_EQ(stat(dir_.File("run/s").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(dir_.File("run").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0700u);
}

TEST_F(ServiceTest, TellsWhatTheDeviceCanDo) {
  Context context;
  v1::GetCapabilitiesResponse response;
  ASSERT_TRUE(agent_->GetCapabilities(&context, {}, &response).ok());
  EXPECT_EQ(response.capabilities().agent_version(), kVersion);
  EXPECT_EQ(response.capabilities().torch().version(), "1.13.1");
}

TEST_F(ServiceTest, TakesAJobFromSubmissionToAcknowledgement) {
  v1::Job job;
  ASSERT_TRUE(Submit("job-1", &job).ok());
  EXPECT_EQ(job.settings().precision(), v1::PRECISION_FP32);
  std::vector<v1::JobEvent> events;
  ASSERT_TRUE(Watch("job-1", &events).ok());
  EXPECT_EQ(events.back().state_changed(), v1::JOB_STATE_SUCCEEDED);

  v1::GetJobResultRequest get;
  get.set_job_id("job-1");
  v1::GetJobResultResponse result;
  Context first;
  ASSERT_TRUE(agent_->GetJobResult(&first, get, &result).ok());
  EXPECT_EQ(result.result().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.result().environment().torch().version(), "1.13.1");

  v1::AcknowledgeJobResultRequest acknowledge;
  acknowledge.set_job_id("job-1");
  v1::AcknowledgeJobResultResponse acknowledged;
  for (int twice = 0; twice < 2; ++twice) {
    Context context;
    EXPECT_TRUE(agent_->AcknowledgeJobResult(&context, acknowledge, &acknowledged).ok());
  }
  Context last;
  EXPECT_EQ(agent_->GetJobResult(&last, get, &result).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, CarriesCodeAndMessageOfARefusal) {
  zoo_name_ = "tny";
  const grpc::Status status = Submit("job-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("Did you mean tiny?"));
}

TEST_F(ServiceTest, ListsJobsNewestFirstPageByPage) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Submit(id).ok());
  v1::ListJobsRequest request;
  request.set_page_size(2);
  v1::ListJobsResponse response;
  Context first;
  ASSERT_TRUE(agent_->ListJobs(&first, request, &response).ok());
  ASSERT_EQ(response.jobs_size(), 2);
  EXPECT_EQ(response.jobs(0).job_id(), "c");
  EXPECT_EQ(response.jobs(1).job_id(), "b");
  request.set_page_token(response.next_page_token());
  Context second;
  ASSERT_TRUE(agent_->ListJobs(&second, request, &response).ok());
  ASSERT_EQ(response.jobs_size(), 1);
  EXPECT_EQ(response.jobs(0).job_id(), "a");
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(ServiceTest, RefusesPagesThatMakeNoSense) {
  v1::ListJobsResponse response;
  v1::ListJobsRequest negative;
  negative.set_page_size(-1);
  Context first;
  EXPECT_EQ(agent_->ListJobs(&first, negative, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::ListJobsRequest foreign;
  foreign.set_page_token("next please");
  Context second;
  EXPECT_EQ(agent_->ListJobs(&second, foreign, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, KnowsNothingOfAJobThatWasNeverSubmitted) {
  Context context;
  v1::GetJobResponse response;
  EXPECT_EQ(agent_->GetJob(&context, {}, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  std::vector<v1::JobEvent> events;
  EXPECT_EQ(Watch("none", &events).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, FinishesEarlyOnlyWhatTrains) {
  ASSERT_TRUE(Submit("job-1").ok());
  v1::FinishJobEarlyRequest request;
  v1::FinishJobEarlyResponse response;
  request.set_job_id("none");
  Context first;
  EXPECT_EQ(agent_->FinishJobEarly(&first, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_job_id("job-1");
  Context second;
  EXPECT_EQ(agent_->FinishJobEarly(&second, request, &response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ServiceTest, DiagnosesTheDevice) {
  Context context;
  v1::DiagnoseResponse response;
  ASSERT_TRUE(agent_->Diagnose(&context, {}, &response).ok());
  EXPECT_TRUE(response.has_now());
  ASSERT_GT(response.findings_size(), 0);
  for (const v1::Finding& finding : response.findings()) {
    EXPECT_NE(finding.severity(), v1::SEVERITY_UNSPECIFIED) << finding.code();
    EXPECT_NE(finding.cause(), "") << finding.code();
  }
}

TEST_F(ServiceTest, DiagnosesNothingWhileAJobRuns) {
  launcher_.Define("", FakeWorker(description_, [](FakeChild& child, const auto&) {
                     child.Hang();
                     return DiesOf(SIGKILL);
                   }));
  ASSERT_TRUE(Submit("job-1").ok());
  Context diagnosing, cancelling;
  v1::DiagnoseResponse response;
  EXPECT_EQ(agent_->Diagnose(&diagnosing, {}, &response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  v1::CancelJobRequest cancel;
  cancel.set_job_id("job-1");
  v1::CancelJobResponse cancelled;
  EXPECT_TRUE(agent_->CancelJob(&cancelling, cancel, &cancelled).ok());
}

TEST_F(ServiceTest, ResumesAnUploadAndSendsTheArtifactBack) {
  const std::string content(10'000, 'm');
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(10'000);
  int64_t committed = 0;
  ASSERT_TRUE(Upload(digest, 0, content.substr(0, 4'000), &committed).ok());
  EXPECT_EQ(committed, 4'000);

  v1::GetUploadStatusRequest ask;
  *ask.mutable_digest() = digest;
  v1::GetUploadStatusResponse status;
  Context first;
  ASSERT_TRUE(artifact_stub_->GetUploadStatus(&first, ask, &status).ok());
  EXPECT_EQ(status.committed_bytes(), 4'000);
  EXPECT_FALSE(status.complete());

  ASSERT_TRUE(Upload(digest, 4'000, content.substr(4'000), &committed).ok());
  EXPECT_EQ(committed, 10'000);

  v1::DownloadArtifactRequest download;
  *download.mutable_digest() = digest;
  download.set_offset(9'990);
  Context second;
  const auto reader = artifact_stub_->DownloadArtifact(&second, download);
  v1::DownloadArtifactResponse part;
  std::string received;
  while (reader->Read(&part)) received += part.chunk();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(received, std::string(10, 'm'));
}

TEST_F(ServiceTest, RefusesAnUploadWithoutAHeader) {
  Context context;
  v1::UploadArtifactResponse response;
  const auto writer = artifact_stub_->UploadArtifact(&context, &response);
  v1::UploadArtifactRequest message;
  message.set_chunk("bytes");
  writer->Write(message);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, HasNothingToDownloadThatWasNotUploaded) {
  v1::DownloadArtifactRequest download;
  download.mutable_digest()->set_sha256(Sha256Hex("x"));
  download.mutable_digest()->set_size_bytes(1);
  Context context;
  const auto reader = artifact_stub_->DownloadArtifact(&context, download);
  v1::DownloadArtifactResponse part;
  EXPECT_FALSE(reader->Read(&part));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, RefusesASecondServerOnItsSocket) {
  const auto second = Server::Start({ParseListenAddress("unix:" + dir_.File("run/s")).value()}, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  std::vector<v1::JobEvent> events;
  EXPECT_EQ(Watch("none", &events).error_code(), grpc::StatusCode::NOT_FOUND) << "the first serves";
}

TEST_F(ServiceTest, RefusesASecondServerOnItsPort) {
  const auto first = Server::Start({ParseListenAddress("127.0.0.1:0").value()}, {}).value();
  EXPECT_NE(first->addresses()[0].port, 0);
  EXPECT_EQ(Server::Start({first->addresses()[0]}, {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ServiceTest, IsNotIdleWhileSomeoneWatches) {
  launcher_.Define("", FakeWorker(description_, [](FakeChild& child, const auto&) {
                     child.Hang();
                     return ExitsWith(0);
                   }));
  ASSERT_TRUE(Submit("job-1").ok());
  v1::WatchJobRequest request;
  request.set_job_id("job-1");
  Context context;
  const auto reader = agent_->WatchJob(&context, request);
  v1::WatchJobResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(activity_.IdleTime(), absl::ZeroDuration());
  context.TryCancel();
  reader->Finish();
  EXPECT_TRUE(EndsUpIdle());
}

TEST_F(ServiceTest, IsNotIdleWhileSomeoneUploads) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex("0123456789"));
  digest.set_size_bytes(10);
  Context context;
  v1::UploadArtifactResponse response;
  const auto writer = artifact_stub_->UploadArtifact(&context, &response);
  v1::UploadArtifactRequest message;
  *message.mutable_header()->mutable_digest() = digest;
  ASSERT_TRUE(writer->Write(message));
  message.set_chunk("0123");
  ASSERT_TRUE(writer->Write(message));
  // A part that is here tells that the call is being served.
  EXPECT_TRUE(Soon([&] { return artifacts_->GetUploadStatus(digest)->committed_bytes == 4; }));
  EXPECT_EQ(activity_.IdleTime(), absl::ZeroDuration());
  writer->WritesDone();
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_TRUE(EndsUpIdle());
}

TEST_F(ServiceTest, SaysThatTheWorkerIsMissingAndNotTheModel) {
  launcher_.SetMissing("worker");
  const grpc::Status status = Submit("job-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), HasSubstr("--worker"));
}

}  // namespace
}  // namespace edgebench::agent
