#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "db/job_journal.h"
#include "tests/support/protos.h"
#include "tests/support/temp_dir.h"

namespace edgebench::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kAcknowledgedKept = 3;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const std::string kModelSha(64, 'a');
const std::string kDataSha(64, 'b');
const std::string kResultSha(64, 'c');

v1::Job JobWith(const std::string& id) {
  v1::Job job;
  job.set_job_id(id);
  job.set_submitter("laptop:1");
  job.mutable_requested()->mutable_model()->set_zoo_name("resnet18");
  job.mutable_settings()->mutable_model()->set_zoo_name("resnet18");
  job.mutable_settings()->set_batch(1);
  job.mutable_submitted_time()->set_seconds(1'700'000'000);
  job.mutable_submitted_time()->set_nanos(42);
  return job;
}

v1::JobResult ResultOf(const std::string& id) {
  v1::JobResult result;
  result.set_job_id(id);
  result.set_outcome(v1::OUTCOME_OK);
  result.mutable_latency()->add_measured_ns(123);
  return result;
}

v1::JobEvent StageEvent(v1::Stage stage) {
  v1::JobEvent event;
  event.set_stage_entered(stage);
  return event;
}

std::vector<std::string> IdsOf(const std::vector<v1::Job>& jobs) {
  std::vector<std::string> ids;
  for (const v1::Job& job : jobs) ids.push_back(job.job_id());
  return ids;
}

// Parameter: whether the journal lies in a file, and is opened again where the
// test says so; one in memory cannot be.
class JobJournalContract : public ::testing::TestWithParam<bool> {
 protected:
  JobJournalContract() { Open(); }

  void Open() {
    auto journal = JobJournal::Open(GetParam() ? folder_.File("journal.db") : ":memory:",
                                    {.acknowledged_kept = kAcknowledgedKept});
    if (!journal.ok()) ADD_FAILURE() << journal.status();
    journal_ = *std::move(journal);
  }
  void OpenAgainIfItIsAFile() {
    if (!GetParam()) return;
    journal_.reset();
    Open();
  }
  void Insert(const std::string& id) { ASSERT_TRUE(*journal_->Insert(JobWith(id))); }
  void Run(const std::string& id) { ASSERT_TRUE(journal_->MarkRunning(id, kNow).ok()); }
  void Succeed(const std::string& id) {
    ASSERT_TRUE(journal_->Finish(id, v1::JOB_STATE_SUCCEEDED, ResultOf(id), kNow).ok());
  }

  TempDir folder_;
  std::unique_ptr<JobJournal> journal_;
};

TEST_P(JobJournalContract, KeepsWhatWasSubmitted) {
  Insert("a");
  OpenAgainIfItIsAFile();
  v1::Job expected = JobWith("a");
  expected.set_state(v1::JOB_STATE_QUEUED);
  EXPECT_TRUE(ProtoEquals(*journal_->Get("a"), expected));
}

TEST_P(JobJournalContract, TheSameJobTwiceIsOne) {
  Insert("a");
  const auto again = journal_->Insert(JobWith("a"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(*again);
  EXPECT_EQ(*journal_->CountQueued(), 1);
  EXPECT_EQ(journal_->Events("a", 0)->size(), 1u);
}

TEST_P(JobJournalContract, TheSameIdForAnotherJobIsRefused) {
  Insert("a");
  v1::Job other = JobWith("a");
  other.mutable_requested()->set_batch(8);
  EXPECT_EQ(journal_->Insert(other).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(journal_->Get("a")->requested().has_batch());
}

TEST_P(JobJournalContract, JobsComeOutInTheOrderTheyWentIn) {
  for (const char* id : {"c", "a", "b"}) Insert(id);
  for (const std::string id : {"c", "a", "b"}) {
    const auto next = journal_->NextQueued();
    ASSERT_TRUE(next.ok() && next->has_value());
    EXPECT_EQ((*next)->job_id(), id);
    Run(id);
    Succeed(id);
  }
  EXPECT_FALSE(journal_->NextQueued()->has_value());
}

TEST_P(JobJournalContract, ThePositionCountsTheJobsAhead) {
  for (const char* id : {"a", "b", "c"}) Insert(id);
  EXPECT_EQ(journal_->Get("a")->queue_position(), 0);
  EXPECT_EQ(journal_->Get("c")->queue_position(), 2);
  Run("a");
  EXPECT_EQ(journal_->Get("a")->queue_position(), 0);
  EXPECT_EQ(journal_->Get("b")->queue_position(), 1);
  EXPECT_EQ(*journal_->CountQueued(), 2);
}

TEST_P(JobJournalContract, AJobRunsOnce) {
  Insert("a");
  Run("a");
  EXPECT_EQ(journal_->MarkRunning("a", kNow).code(), kFailedPrecondition);
  EXPECT_EQ(journal_->MarkRunning("x", kNow).code(), kNotFound);
  EXPECT_EQ(journal_->Get("a")->state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(journal_->Get("a")->started_time().seconds(), 1'700'000'000);
}

TEST_P(JobJournalContract, KeepsAResultUntilItIsAcknowledged) {
  Insert("a");
  EXPECT_EQ(journal_->Result("a").status().code(), kFailedPrecondition);
  EXPECT_EQ(journal_->Acknowledge("a").code(), kFailedPrecondition);
  Run("a");
  Succeed("a");
  OpenAgainIfItIsAFile();
  EXPECT_TRUE(journal_->Get("a")->result_waiting());
  EXPECT_TRUE(ProtoEquals(*journal_->Result("a"), ResultOf("a")));
  ASSERT_TRUE(journal_->Acknowledge("a").ok());
  EXPECT_EQ(journal_->Result("a").status().code(), kNotFound);
  EXPECT_FALSE(journal_->Get("a")->result_waiting());
  EXPECT_EQ(journal_->Get("a")->state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(journal_->Acknowledge("a").ok()) << "twice is once";
}

TEST_P(JobJournalContract, OfAnUnknownJobItKnowsNothing) {
  EXPECT_EQ(journal_->Get("x").status().code(), kNotFound);
  EXPECT_EQ(journal_->Result("x").status().code(), kNotFound);
  EXPECT_EQ(journal_->Acknowledge("x").code(), kNotFound);
  EXPECT_EQ(journal_->Events("x", 0).status().code(), kNotFound);
  EXPECT_EQ(journal_->AppendEvent("x", StageEvent(v1::STAGE_LOAD), kNow).status().code(),
            kNotFound);
  EXPECT_EQ(journal_->Finish("x", v1::JOB_STATE_FAILED, {}, kNow).code(), kNotFound);
}

TEST_P(JobJournalContract, AJobEndsOnce) {
  Insert("a");
  Run("a");
  Succeed("a");
  EXPECT_EQ(journal_->Finish("a", v1::JOB_STATE_CANCELLED, {}, kNow).code(), kFailedPrecondition);
  EXPECT_EQ(journal_->Get("a")->state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(journal_->Result("a")->outcome(), v1::OUTCOME_OK);
}

TEST_P(JobJournalContract, AnUnfinishedStateIsNoEnd) {
  Insert("a");
  EXPECT_EQ(journal_->Finish("a", v1::JOB_STATE_RUNNING, {}, kNow).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(JobJournalContract, AQueuedJobCanBeCancelled) {
  Insert("a");
  ASSERT_TRUE(journal_->Finish("a", v1::JOB_STATE_CANCELLED, ResultOf("a"), kNow).ok());
  EXPECT_FALSE(journal_->NextQueued()->has_value());
  EXPECT_FALSE(journal_->Get("a")->has_started_time());
  EXPECT_TRUE(journal_->Get("a")->has_finished_time());
}

TEST_P(JobJournalContract, EventsHaveOffsetsWithoutGaps) {
  Insert("a");
  Insert("b");
  Run("a");
  const auto appended =
      journal_->AppendEvent("a", StageEvent(v1::STAGE_LOAD), kNow + absl::Seconds(1));
  ASSERT_TRUE(appended.ok()) << appended.status();
  EXPECT_EQ(appended->offset(), 2);
  EXPECT_EQ(appended->time().seconds(), 1'700'000'001);
  v1::JobEvent progress;
  progress.mutable_progress()->set_samples(3);
  ASSERT_TRUE(journal_->AppendEvent("a", progress, kNow).ok());
  Succeed("a");
  OpenAgainIfItIsAFile();
  const auto events = journal_->Events("a", 0);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ((*events)[static_cast<size_t>(i)].offset(), i);
  EXPECT_EQ((*events)[0].state_changed(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ((*events)[1].state_changed(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ((*events)[2].stage_entered(), v1::STAGE_LOAD);
  EXPECT_EQ((*events)[3].progress().samples(), 3);
  EXPECT_EQ((*events)[4].state_changed(), v1::JOB_STATE_SUCCEEDED);
}

TEST_P(JobJournalContract, EventsAreReadFromAnOffset) {
  Insert("a");
  Run("a");
  EXPECT_EQ(journal_->Events("a", 1)->size(), 1u);
  EXPECT_THAT(*journal_->Events("a", 2), IsEmpty());
  EXPECT_EQ(journal_->Events("a", 3).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(journal_->Events("a", -1).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(JobJournalContract, AnAcknowledgedJobKeepsItsFirstAndLastEvent) {
  Insert("a");
  Run("a");
  Succeed("a");
  ASSERT_TRUE(journal_->Acknowledge("a").ok());
  const auto events = journal_->Events("a", 0);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].offset(), 0);
  EXPECT_EQ((*events)[1].state_changed(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ((*events)[1].offset(), 2);
}

TEST_P(JobJournalContract, ListsPageByPageNewestFirst) {
  for (const char* id : {"a", "b", "c", "d", "e"}) Insert(id);
  const auto first = journal_->List(2, 0);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(IdsOf(first->jobs), ElementsAre("e", "d"));
  Insert("f");  // what arrives meanwhile moves nothing
  const auto second = journal_->List(2, first->next_before_sequence);
  EXPECT_THAT(IdsOf(second->jobs), ElementsAre("c", "b"));
  const auto third = journal_->List(2, second->next_before_sequence);
  EXPECT_THAT(IdsOf(third->jobs), ElementsAre("a"));
  EXPECT_EQ(third->next_before_sequence, 0);
}

TEST_P(JobJournalContract, AFullLastPageHasNoNext) {
  for (const char* id : {"a", "b"}) Insert(id);
  EXPECT_EQ(journal_->List(2, 0)->next_before_sequence, 0);
  EXPECT_EQ(journal_->List(1, 0)->jobs[0].queue_position(), 1);
}

TEST_P(JobJournalContract, WhatRanWhenTheAgentDiedIsInterrupted) {
  for (const char* id : {"done", "running", "queued"}) Insert(id);
  Run("done");
  Succeed("done");
  Run("running");
  ASSERT_TRUE(journal_->AppendEvent("running", StageEvent(v1::STAGE_LOAD), kNow).ok());
  ASSERT_TRUE(journal_->AppendEvent("running", StageEvent(v1::STAGE_QUANTIZE), kNow).ok());
  OpenAgainIfItIsAFile();
  EXPECT_THAT(*journal_->InterruptRunning(kNow + absl::Hours(1)), ElementsAre("running"));
  EXPECT_EQ(journal_->Get("running")->state(), v1::JOB_STATE_INTERRUPTED);
  const auto result = journal_->Result("running");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_INTERRUPTED);
  EXPECT_EQ(result->stage(), v1::STAGE_QUANTIZE);
  EXPECT_EQ(result->settings().batch(), 1);
  EXPECT_EQ(result->started_time().seconds(), 1'700'000'000);
  EXPECT_FALSE(result->has_latency());
  EXPECT_THAT(result->message(), HasSubstr("submit it again"));
  EXPECT_EQ(journal_->Events("running", 0)->back().state_changed(), v1::JOB_STATE_INTERRUPTED);
  EXPECT_EQ(journal_->Get("queued")->state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(journal_->Result("done")->outcome(), v1::OUTCOME_OK);
  EXPECT_THAT(*journal_->InterruptRunning(kNow), IsEmpty());
}

TEST_P(JobJournalContract, PinsWhatJobsNeedAndWhatWaits) {
  v1::Job job = JobWith("a");
  job.mutable_settings()->mutable_model()->mutable_artifact()->set_sha256(kModelSha);
  job.mutable_settings()->mutable_calibration()->set_sha256(kDataSha);
  const std::string weights(64, 'f');
  job.mutable_settings()->mutable_weights()->set_sha256(weights);
  ASSERT_TRUE(*journal_->Insert(job));
  EXPECT_THAT(*journal_->PinnedArtifacts(), UnorderedElementsAre(kModelSha, kDataSha, weights));
  Run("a");
  EXPECT_THAT(*journal_->PinnedArtifacts(), UnorderedElementsAre(kModelSha, kDataSha, weights));
  v1::JobResult result = ResultOf("a");
  result.mutable_artifact()->set_sha256(kResultSha);
  ASSERT_TRUE(journal_->Finish("a", v1::JOB_STATE_SUCCEEDED, result, kNow).ok());
  OpenAgainIfItIsAFile();
  EXPECT_THAT(*journal_->PinnedArtifacts(), ElementsAre(kResultSha));
  ASSERT_TRUE(journal_->Acknowledge("a").ok());
  EXPECT_THAT(*journal_->PinnedArtifacts(), IsEmpty());
}

TEST_P(JobJournalContract, ForgetsOldAcknowledgedJobsButNoOthers) {
  Insert("waiting");
  Run("waiting");
  Succeed("waiting");
  Insert("queued");
  for (int i = 0; i < kAcknowledgedKept + 2; ++i) {
    const std::string id = absl::StrCat("job-", i);
    Insert(id);
    Succeed(id);
    ASSERT_TRUE(journal_->Acknowledge(id).ok());
  }
  EXPECT_EQ(journal_->Get("job-0").status().code(), kNotFound);
  EXPECT_EQ(journal_->Get("job-1").status().code(), kNotFound);
  EXPECT_TRUE(journal_->Get("job-2").ok());
  EXPECT_TRUE(journal_->Result("waiting").ok());
  EXPECT_TRUE(journal_->Get("queued").ok());
}

TEST_P(JobJournalContract, TellsAsManyEventsAtOnceAsItPromisesAndTheRestAfterwards) {
  Insert("a");
  v1::JobEvent progress;
  const int count = JobJournal::kEventsAtOnce + 1;
  for (int i = 0; i < count; ++i) {
    progress.mutable_progress()->set_samples(i);
    ASSERT_TRUE(journal_->AppendEvent("a", progress, kNow).ok());
  }
  EXPECT_EQ(journal_->Events("a", 0)->size(), JobJournal::kEventsAtOnce);
  const auto rest = journal_->Events("a", JobJournal::kEventsAtOnce);
  ASSERT_EQ(rest->size(), 2) << "the first event was the job's state";
  EXPECT_EQ(rest->back().progress().samples(), count - 1);
}

TEST_P(JobJournalContract, ManyThreadsMayUseIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = absl::StrCat(t, "-", i);
        EXPECT_TRUE(journal_->Insert(JobWith(id)).ok());
        EXPECT_TRUE(journal_->AppendEvent(id, StageEvent(v1::STAGE_LOAD), kNow).ok());
        EXPECT_TRUE(journal_->Get(id).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*journal_->CountQueued(), 40);
}

TEST(JobJournal, AnswersInternalWhenItsFileIsDamagedUnderIt) {
  const TempDir folder;
  const auto journal = JobJournal::Open(folder.File("journal.db")).value();
  ASSERT_TRUE(journal->Insert(JobWith("a")).ok());
  SQLite::Database other(folder.File("journal.db"), SQLite::OPEN_READWRITE, 10'000);
  other.exec("PRAGMA writable_schema = ON");
  other.exec("UPDATE sqlite_schema SET sql = 'CREATE nonsense' WHERE name = 'job'");
  other.exec("PRAGMA schema_version = 1000");
  const absl::Status status = journal->Insert(JobWith("b")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("the file is damaged"));
}

INSTANTIATE_TEST_SUITE_P(Journals, JobJournalContract, ::testing::Bool(), [](const auto& instance) {
  return std::string(instance.param ? "File" : "Memory");
});

}  // namespace
}  // namespace edgebench::db
