#include "tests/contract/agent_client_contract.h"

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/digest.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

v1::SubmitJobRequest Request(const std::string& id, int batch = 1) {
  v1::SubmitJobRequest request;
  request.set_job_id(id);
  request.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
  request.mutable_settings()->mutable_model()->set_zoo_name("resnet18");
  request.mutable_settings()->set_batch(batch);
  return request;
}

v1::Digest DigestOf(const std::string& content) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(static_cast<int64_t>(content.size()));
  return digest;
}

std::string WriteTo(const TempDir& folder, const std::string& content) {
  std::string path = folder.File("content");
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string Bytes(size_t count) {
  std::string content;
  for (size_t i = 0; i < count; ++i) content.push_back(static_cast<char>(i * 31 % 251));
  return content;
}

void Ignored(int64_t /*sent_bytes*/) {}

std::vector<int64_t> OffsetsFrom(AgentClient& client, const std::string& id, int64_t offset) {
  std::vector<int64_t> offsets;
  EXPECT_TRUE(client
                  .WatchJob(id, offset,
                            [&](const v1::JobEvent& event) {
                              offsets.push_back(event.offset());
                              return true;
                            })
                  .ok());
  return offsets;
}

TEST_P(AgentClientContract, TellsWhatTheAgentCanDo) {
  const auto capabilities = client().GetCapabilities(absl::Seconds(10));
  ASSERT_TRUE(capabilities.ok()) << capabilities.status();
  EXPECT_EQ(capabilities->host().cpu_model(), "Cortex-A72");
}

TEST_P(AgentClientContract, SubmittingTheSameJobTwiceMakesOneJob) {
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  const auto again = client().SubmitJob(Request("a"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->job_id(), "a");
  EXPECT_EQ(agent().submitted_labels().size(), 1u);
}

TEST_P(AgentClientContract, AnIdThatAnotherJobHasIsRefused) {
  ASSERT_TRUE(client().SubmitJob(Request("a", 1)).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(client().SubmitJob(Request("a", 2)).status()));
}

TEST_P(AgentClientContract, AnUnknownJobIsNotFoundByAnyCall) {
  EXPECT_TRUE(absl::IsNotFound(client().GetJob("x").status()));
  EXPECT_TRUE(absl::IsNotFound(client().CancelJob("x").status()));
  EXPECT_TRUE(absl::IsNotFound(client().FinishJobEarly("x").status()));
  EXPECT_TRUE(absl::IsNotFound(client().GetJobResult("x").status()));
  EXPECT_TRUE(absl::IsNotFound(client().AcknowledgeJobResult("x")));
  EXPECT_TRUE(absl::IsNotFound(client().WatchJob("x", 0, [](const auto&) { return true; })));
}

TEST_P(AgentClientContract, ADiagnosisHasItsFindingsAndTheDevicesTime) {
  v1::DiagnoseResponse diagnosis;
  diagnosis.add_findings()->set_code("governor");
  agent().SetDiagnosis(diagnosis);
  const auto answer = client().Diagnose();
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->findings_size(), 1);
  EXPECT_EQ(answer->findings(0).code(), "governor");
  EXPECT_TRUE(answer->has_now());
}

TEST_P(AgentClientContract, ADiagnosisWhileAJobRunsIsRefused) {
  agent().SetDiagnosis(absl::FailedPreconditionError("a job runs"));
  EXPECT_TRUE(absl::IsFailedPrecondition(client().Diagnose().status()));
}

TEST_P(AgentClientContract, JobsAreListedNewestFirstUpToTheLimit) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(client().SubmitJob(Request(id)).ok());
  const auto jobs = client().ListJobs(2);
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  ASSERT_EQ(jobs->size(), 2u);
  EXPECT_EQ((*jobs)[0].job_id(), "c");
  EXPECT_EQ((*jobs)[1].job_id(), "b");
}

TEST_P(AgentClientContract, AWatchHandsOverEveryEventFromItsOffsetOn) {
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  EXPECT_EQ(OffsetsFrom(client(), "a", 0), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(OffsetsFrom(client(), "a", 3), (std::vector<int64_t>{3, 4}));
}

TEST_P(AgentClientContract, AWatchBeyondTheNextEventIsOutOfRange) {
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  EXPECT_TRUE(absl::IsOutOfRange(client().WatchJob("a", 6, [](const auto&) { return true; })));
}

TEST_P(AgentClientContract, AWatchEndsWhenItsReaderHasSeenEnough) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  int events = 0;
  const absl::Status status = client().WatchJob("a", 0, [&](const auto&) { return ++events < 2; });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(events, 2);
}

TEST_P(AgentClientContract, StoppingEndsAWatchUnderWayAndThoseToCome) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  std::thread stopper;
  const absl::Status status = client().WatchJob("a", 0, [&](const v1::JobEvent& event) {
    if (event.offset() == 0) stopper = std::thread([&] { client().StopWatching(); });
    return true;
  });
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(absl::IsCancelled(client().WatchJob("a", 0, [](const auto&) { return true; })));
}

TEST_P(AgentClientContract, AResultCanBeFetchedUntilItIsAcknowledged) {
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  const auto result = client().GetJobResult("a");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result->latency().measured_ns_size(), 3);
  EXPECT_TRUE(client().AcknowledgeJobResult("a").ok());
  EXPECT_TRUE(absl::IsNotFound(client().GetJobResult("a").status()));
  EXPECT_TRUE(client().AcknowledgeJobResult("a").ok()) << "acknowledging twice is once";
}

TEST_P(AgentClientContract, AJobThatRunsHasNoResultYet) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(client().GetJobResult("a").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(client().AcknowledgeJobResult("a")));
}

TEST_P(AgentClientContract, ATrainingThatFinishesEarlyEndsAsOk) {
  agent().HoldJobs();
  v1::SubmitJobRequest request = Request("a");
  request.mutable_settings()->set_precision(v1::PRECISION_INT8_QAT);
  ASSERT_TRUE(client().SubmitJob(request).ok());
  ASSERT_TRUE(client().FinishJobEarly("a").ok());
  const auto result = client().GetJobResult("a");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OK);
  EXPECT_TRUE(result->training().finished_early());
  EXPECT_TRUE(absl::IsFailedPrecondition(client().FinishJobEarly("a").status())) << "it has ended";
}

TEST_P(AgentClientContract, WhatTrainsNothingCannotFinishEarly) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(client().FinishJobEarly("a").status()));
}

TEST_P(AgentClientContract, ACancelledJobEndsAsCancelled) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  ASSERT_TRUE(client().CancelJob("a").ok());
  const auto job = client().GetJob("a");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::JOB_STATE_CANCELLED);
}

TEST_P(AgentClientContract, WhoStoppedWatchingWaitsForNoCancellation) {
  agent().HoldJobs();
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  client().StopWatching();
  EXPECT_TRUE(absl::IsCancelled(client().CancelJob("a").status()));
  EXPECT_EQ(client().GetJob("a")->state(), v1::JOB_STATE_RUNNING);
}

TEST_P(AgentClientContract, AnUploadedArtifactIsNoLongerMissing) {
  const TempDir folder;
  const std::string content = Bytes(700'000);  // several chunks
  const v1::Digest digest = DigestOf(content);
  const auto before = client().FindMissingArtifacts({digest});
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->size(), 1u);
  int64_t told = 0;
  const absl::Status uploaded = client().UploadArtifact(digest, WriteTo(folder, content), 0,
                                                        [&](int64_t sent) { told = sent; });
  ASSERT_TRUE(uploaded.ok()) << uploaded;
  EXPECT_EQ(told, digest.size_bytes());
  EXPECT_TRUE(client().FindMissingArtifacts({digest})->empty());
}

TEST_P(AgentClientContract, AnUploadGoesOnWhereItBroke) {
  const TempDir folder;
  const std::string content = Bytes(5'000);
  const v1::Digest digest = DigestOf(content);
  const std::string path = WriteTo(folder, content);
  agent().BreakNextTransferAfter(2'000);
  EXPECT_TRUE(absl::IsUnavailable(client().UploadArtifact(digest, path, 0, Ignored)));
  const auto committed = client().GetCommittedBytes(digest);
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(*committed, 2'000);
  EXPECT_TRUE(absl::IsOutOfRange(client().UploadArtifact(digest, path, 0, Ignored)));
  EXPECT_TRUE(client().UploadArtifact(digest, path, *committed, Ignored).ok());
  EXPECT_TRUE(client().FindMissingArtifacts({digest})->empty());
}

TEST_P(AgentClientContract, AnUploadWithoutItsDigestIsDataLoss) {
  const TempDir folder;
  const std::string path = WriteTo(folder, "something else");
  EXPECT_TRUE(absl::IsDataLoss(client().UploadArtifact(DigestOf("something"), path, 0, Ignored)));
}

TEST_P(AgentClientContract, AFileThatIsNotHereIsNoNotFoundOfTheAgent) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      client().UploadArtifact(DigestOf("a"), "/nonexistent/model.pt", 0, Ignored)));
}

TEST_P(AgentClientContract, StoppedTransfersAreCancelledAndAllElseGoesOn) {
  const TempDir folder;
  const std::string content = Bytes(5'000);
  agent().PutArtifact(content);
  client().StopTransfers();
  EXPECT_TRUE(
      absl::IsCancelled(client().UploadArtifact(DigestOf("a"), WriteTo(folder, "a"), 0, Ignored)));
  EXPECT_TRUE(absl::IsCancelled(client().DownloadArtifact(
      DigestOf(content), 0, [](absl::string_view) { return absl::OkStatus(); })));
  EXPECT_TRUE(client().GetCommittedBytes(DigestOf("a")).ok());
}

TEST_P(AgentClientContract, ADownloadYieldsTheRestFromAnOffset) {
  const std::string content = Bytes(5'000);
  agent().PutArtifact(content);
  std::string received;
  const absl::Status status =
      client().DownloadArtifact(DigestOf(content), 1'234, [&](absl::string_view chunk) {
        received.append(chunk.data(), chunk.size());
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(received, content.substr(1'234));
}

TEST_P(AgentClientContract, ADownloadOfWhatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(client().DownloadArtifact(
      DigestOf("nowhere"), 0, [](absl::string_view) { return absl::OkStatus(); })));
}

TEST_P(AgentClientContract, ADownloadEndsWithTheErrorOfItsReader) {
  const std::string content = Bytes(5'000);
  agent().PutArtifact(content);
  const absl::Status status = client().DownloadArtifact(
      DigestOf(content), 0, [](absl::string_view) { return absl::AbortedError("disk full"); });
  EXPECT_TRUE(absl::IsAborted(status)) << status;
}

TEST_P(AgentClientContract, AnAgentThatWentAwayIsUnavailable) {
  ASSERT_TRUE(client().SubmitJob(Request("a")).ok());
  subject_->SwitchOff();
  EXPECT_TRUE(absl::IsUnavailable(client().GetJob("a").status()));
  EXPECT_TRUE(absl::IsUnavailable(client().GetCapabilities(absl::Seconds(10)).status()));
  EXPECT_TRUE(absl::IsUnavailable(client().WatchJob("a", 0, [](const auto&) { return true; })));
}

}  // namespace
}  // namespace edgebench::controller
