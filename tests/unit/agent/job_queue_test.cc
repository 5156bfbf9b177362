#include "agent/job_queue.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(30);

class JobQueueTest : public ::testing::Test {
 protected:
  JobQueueTest() {
    journal_ = db::JobJournal::Open(dir_.File("journal.db")).value();
    artifacts_ = ArtifactStore::Open({.folder = dir_.File("artifacts"),
                                      .reserve_bytes = 0,
                                      .pinned = [this] { return journal_->PinnedArtifacts(); }})
                     .value();
    executor_ = std::make_unique<JobExecutor>(
        JobExecutor::Dependencies{pool_, *artifacts_, memory_, clock_,
                                  [] { return v1::Environment(); }, NoChannels, dir_.path()});
    WorkerDoes([this](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
      {
        absl::MutexLock lock(&mutex_);
        ran_.push_back(job.job_id());
      }
      child.Send(ResultMessage(v1::OUTCOME_OK));
      return ExitsWith(0);
    });
    MakeQueue();
  }

  void MakeQueue(int64_t max_queued = 10) {
    queue_ = nullptr;
    queue_ =
        std::make_unique<JobQueue>(JobQueue::Dependencies{*journal_, *executor_, pool_, clock_},
                                   JobQueue::Options{max_queued});
  }

  void WorkerDoes(FakeJob run) { launcher_.Define("", FakeWorker({}, std::move(run))); }

  // A worker that says it has begun, then hangs until it is ended.
  void WorkerHangs() {
    WorkerDoes([this](FakeChild& child, const auto&) {
      if (!begun_.HasBeenNotified()) begun_.Notify();
      child.Hang();
      return ExitsWith(0);
    });
  }

  absl::StatusOr<v1::Job> Submit(const std::string& id, int batch = 1,
                                 v1::Precision precision = v1::PRECISION_FP32) {
    v1::SubmitJobRequest request;
    request.mutable_settings()->set_precision(precision);
    request.set_job_id(id);
    request.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
    request.mutable_settings()->set_batch(batch);
    return queue_->Submit(request, [](v1::JobSettings settings) -> absl::StatusOr<v1::JobSettings> {
      if (settings.batch() < 1) return absl::InvalidArgumentError("batch");
      settings.mutable_deadline()->set_seconds(60);
      settings.set_memory_limit_bytes(1 << 30);
      return settings;
    });
  }

  // The events of a job that has ended.
  std::vector<v1::JobEvent> WatchToEnd(const std::string& id, int64_t from = 0) {
    std::vector<v1::JobEvent> events;
    const absl::Time limit = absl::Now() + kLong;
    const absl::Status status = queue_->Watch(
        id, from,
        [&](const v1::JobEvent& event) {
          events.push_back(event);
          return true;
        },
        [&] { return absl::Now() > limit; });
    EXPECT_TRUE(status.ok()) << status;
    return events;
  }

  bool BeatsAgain() {
    const auto before = queue_->Pulse();
    const absl::Time limit = absl::Now() + kLong;
    while (absl::Now() < limit) {
      if (queue_->Pulse() != before) return true;
      std::this_thread::yield();
    }
    return false;
  }

  v1::JobState StateOf(const std::string& id) { return journal_->Get(id).value().state(); }

  std::vector<std::string> Ran() {
    absl::MutexLock lock(&mutex_);
    return ran_;
  }

  TempDir dir_;
  RealClock clock_;
  FakeMemoryMeter memory_;
  FakeProcessLauncher launcher_;
  absl::Mutex mutex_;
  std::vector<std::string> ran_ ABSL_GUARDED_BY(mutex_);
  absl::Notification begun_;
  WorkerPool pool_{launcher_, clock_, {"worker", absl::ZeroDuration()}};
  std::unique_ptr<db::JobJournal> journal_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<JobExecutor> executor_;
  std::unique_ptr<JobQueue> queue_;
};

TEST_F(JobQueueTest, RunsJobsInTheOrderTheyWereSubmitted) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(Submit(id).ok());
  ASSERT_TRUE(queue_->Start().ok());
  WatchToEnd("b");
  EXPECT_THAT(Ran(), ElementsAre("c", "a", "b"));
}

TEST_F(JobQueueTest, TakesTheSameJobTwiceAsOne) {
  const v1::Job first = Submit("a").value();
  const v1::Job second = Submit("a").value();
  EXPECT_EQ(first.submitted_time().nanos(), second.submitted_time().nanos());
  EXPECT_EQ(journal_->CountQueued().value(), 1);
}

TEST_F(JobQueueTest, TakesTheSameJobEvenWhenItsSettingsWouldNowBeRefused) {
  ASSERT_TRUE(Submit("a").ok());
  v1::SubmitJobRequest again;
  again.set_job_id("a");
  again.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
  again.mutable_settings()->set_precision(v1::PRECISION_FP32);
  again.mutable_settings()->set_batch(1);
  EXPECT_TRUE(queue_
                  ->Submit(again,
                           [](const v1::JobSettings&) {
                             return absl::FailedPreconditionError("the artifact is gone");
                           })
                  .ok());
}

TEST_F(JobQueueTest, RefusesAnIdThatIsTakenByAnotherJob) {
  ASSERT_TRUE(Submit("a", 1).ok());
  EXPECT_EQ(Submit("a", 2).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(JobQueueTest, RefusesAnIdThatIsNone) {
  for (const std::string& id : {std::string(), std::string("a/b"), std::string(65, 'x')}) {
    EXPECT_EQ(Submit(id).status().code(), absl::StatusCode::kInvalidArgument) << id;
  }
}

TEST_F(JobQueueTest, RefusesWhatTheSettingsCheckRefuses) {
  EXPECT_EQ(Submit("a", 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(journal_->Get("a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(JobQueueTest, RefusesMoreJobsThanMayWait) {
  MakeQueue(2);
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  const absl::Status refused = Submit("c").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("2 jobs wait"));
}

TEST_F(JobQueueTest, TellsAWatcherEverythingFromTheOffsetOn) {
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_LOAD));
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  const std::vector<v1::JobEvent> all = WatchToEnd("a");
  ASSERT_EQ(all.size(), 5);
  EXPECT_EQ(all[0].state_changed(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(all[1].state_changed(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(all[2].stage_entered(), v1::STAGE_START);
  EXPECT_EQ(all[3].stage_entered(), v1::STAGE_LOAD);
  EXPECT_EQ(all[4].state_changed(), v1::JOB_STATE_SUCCEEDED);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].offset(), static_cast<int64_t>(i));
  EXPECT_EQ(WatchToEnd("a", 3).size(), 2);
  EXPECT_EQ(WatchToEnd("a", 5).size(), 0) << "ends at once when all has been seen";
}

TEST_F(JobQueueTest, RefusesToWatchWhatIsNotThere) {
  const auto sink = [](const v1::JobEvent&) { return true; };
  const auto gone = [] { return false; };
  EXPECT_EQ(queue_->Watch("none", 0, sink, gone).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Submit("a").ok());
  EXPECT_EQ(queue_->Watch("a", 7, sink, gone).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(JobQueueTest, LetsAWatcherGoThatHungUp) {
  ASSERT_TRUE(Submit("a").ok());  // never started, so that nothing happens meanwhile
  int questions = 0;
  const absl::Status status = queue_->Watch(
      "a", 0, [](const v1::JobEvent&) { return true; }, [&] { return ++questions == 2; });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST_F(JobQueueTest, ShowsAWatcherEveryEventOfALongJob) {
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(journal_->MarkRunning("a", absl::Now()).ok());
  v1::JobEvent progress;
  progress.mutable_progress()->set_samples(1);
  const size_t many = 2 * db::JobJournal::kEventsAtOnce;
  for (size_t i = 0; i < many; ++i) {
    ASSERT_TRUE(journal_->AppendEvent("a", progress, absl::Now()).ok());
  }
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  ASSERT_TRUE(journal_->Finish("a", v1::JOB_STATE_SUCCEEDED, result, absl::Now()).ok());
  EXPECT_EQ(WatchToEnd("a").size(), many + 3) << "and QUEUED, RUNNING, SUCCEEDED";
}

TEST_F(JobQueueTest, DropsAResultThatTheJournalWillNeverTakeAndGoesOn) {
  WorkerDoes([this](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    v1::JobResult other;
    other.set_outcome(v1::OUTCOME_CANCELLED);
    if (job.job_id() == "a") {  // as somebody who edits the file
      EXPECT_TRUE(journal_->Finish("a", v1::JOB_STATE_CANCELLED, other, absl::Now()).ok());
    }
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  ASSERT_TRUE(queue_->Start().ok());
  EXPECT_EQ(WatchToEnd("b").back().state_changed(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(journal_->Get("a")->state(), v1::JOB_STATE_CANCELLED);
}

TEST_F(JobQueueTest, WritesOnlyNowAndThenProgressToTheJournal) {
  WorkerDoes([](FakeChild& child, const auto&) {
    v1::WorkerMessage message;
    for (int i = 0; i < 1000; ++i) {
      message.mutable_progress()->set_samples(i);
      child.Send(message);
    }
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  int progress = 0;
  for (const v1::JobEvent& event : WatchToEnd("a")) progress += event.has_progress();
  EXPECT_GE(progress, 1);
  EXPECT_LT(progress, 500);
}

TEST_F(JobQueueTest, CancelsAJobThatWaits) {
  ASSERT_TRUE(Submit("a").ok());
  EXPECT_EQ(queue_->Cancel("a").value().state(), v1::JOB_STATE_CANCELLED);
  EXPECT_EQ(journal_->Result("a").value().outcome(), v1::OUTCOME_CANCELLED);
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(Submit("b").ok());
  WatchToEnd("b");
  EXPECT_THAT(Ran(), ElementsAre("b"));
}

TEST_F(JobQueueTest, CancelsAJobThatRuns) {
  WorkerHangs();
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  ASSERT_TRUE(queue_->Cancel("a").ok());
  EXPECT_EQ(WatchToEnd("a").back().state_changed(), v1::JOB_STATE_CANCELLED);
}

TEST_F(JobQueueTest, ChangesNothingByCancellingWhatHasEnded) {
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  WatchToEnd("a");
  EXPECT_EQ(queue_->Cancel("a").value().state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(queue_->Cancel("none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(JobQueueTest, LetsATrainingThatRunsFinishEarly) {
  WorkerDoes([this](FakeChild& child, const auto&) {
    begun_.Notify();
    v1::WorkerRequest request;
    const bool told = child.Read(&request) && request.has_finish_early();
    child.Send(ResultMessage(told ? v1::OUTCOME_OK : v1::OUTCOME_CRASH));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("a", 1, v1::PRECISION_INT8_QAT).ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  const auto job = queue_->FinishEarly("a");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(WatchToEnd("a").back().state_changed(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(JobQueueTest, FinishesNothingEarlyThatDoesNotRunOrDoesNotTrain) {
  WorkerHangs();
  ASSERT_TRUE(Submit("measures").ok());
  ASSERT_TRUE(Submit("waits", 1, v1::PRECISION_INT8_QAT).ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  EXPECT_EQ(queue_->FinishEarly("none").status().code(), absl::StatusCode::kNotFound);
  const absl::Status measures = queue_->FinishEarly("measures").status();
  EXPECT_EQ(measures.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(measures.message()), HasSubstr("its precision is fp32"));
  const absl::Status waits = queue_->FinishEarly("waits").status();
  EXPECT_EQ(waits.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(waits.message()), HasSubstr("does not run, it is QUEUED"));
  ASSERT_TRUE(queue_->Cancel("waits").ok());
  ASSERT_TRUE(queue_->Cancel("measures").ok());
  WatchToEnd("measures");
  EXPECT_EQ(queue_->FinishEarly("waits").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(JobQueueTest, GoesOnAfterAJobThatCrashed) {
  WorkerDoes([](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    if (job.job_id() == "bad") return DiesOf(11);
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("bad").ok());
  ASSERT_TRUE(Submit("good").ok());
  ASSERT_TRUE(queue_->Start().ok());
  WatchToEnd("good");
  EXPECT_EQ(StateOf("bad"), v1::JOB_STATE_FAILED);
  EXPECT_EQ(StateOf("good"), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(JobQueueTest, RecordsAJobOfADeadDaemonAsInterruptedAndRunsTheRest) {
  ASSERT_TRUE(Submit("died").ok());
  ASSERT_TRUE(Submit("waited").ok());
  ASSERT_TRUE(journal_->MarkRunning("died", absl::Now()).ok());
  MakeQueue();  // as after a kill -9: the journal is all there is
  ASSERT_TRUE(queue_->Start().ok());
  WatchToEnd("waited");
  EXPECT_EQ(StateOf("died"), v1::JOB_STATE_INTERRUPTED);
  EXPECT_EQ(journal_->Result("died").value().outcome(), v1::OUTCOME_INTERRUPTED);
  EXPECT_THAT(Ran(), ElementsAre("waited"));
}

TEST_F(JobQueueTest, TellsAWatcherThatCameBeforeTheStartOfAnInterruptedJob) {
  ASSERT_TRUE(Submit("died").ok());
  ASSERT_TRUE(journal_->MarkRunning("died", absl::Now()).ok());
  MakeQueue();
  absl::Notification saw_it_run;
  v1::JobState last = v1::JOB_STATE_UNSPECIFIED;
  std::thread watcher([&] {
    const absl::Time limit = absl::Now() + kLong;
    const absl::Status status = queue_->Watch(
        "died", 0,
        [&](const v1::JobEvent& event) {
          last = event.state_changed();
          if (last == v1::JOB_STATE_RUNNING) saw_it_run.Notify();
          return true;
        },
        [&] { return absl::Now() > limit; });
    EXPECT_TRUE(status.ok()) << status;
  });
  EXPECT_TRUE(saw_it_run.WaitForNotificationWithTimeout(kLong));
  EXPECT_TRUE(queue_->Start().ok());
  watcher.join();
  EXPECT_EQ(last, v1::JOB_STATE_INTERRUPTED);
}

TEST_F(JobQueueTest, LetsTheRunningJobFinishWhenItStops) {
  absl::Notification go_on;
  WorkerDoes([&](FakeChild& child, const auto&) {
    begun_.Notify();
    go_on.WaitForNotificationWithTimeout(kLong);
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("runs").ok());
  ASSERT_TRUE(Submit("waits").ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  queue_->BeginStop();
  EXPECT_EQ(Submit("late").status().code(), absl::StatusCode::kUnavailable);
  go_on.Notify();
  EXPECT_EQ(WatchToEnd("runs").back().state_changed(), v1::JOB_STATE_SUCCEEDED);
  queue_->EndNow();
  EXPECT_EQ(StateOf("waits"), v1::JOB_STATE_QUEUED) << "it runs at the next start";
}

TEST_F(JobQueueTest, InterruptsTheRunningJobWhenTimeIsUp) {
  WorkerHangs();
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  queue_->EndNow();
  EXPECT_EQ(StateOf("a"), v1::JOB_STATE_INTERRUPTED);
}

TEST_F(JobQueueTest, TellsWatchersOfWaitingJobsThatItStops) {
  ASSERT_TRUE(Submit("a").ok());
  queue_->BeginStop();
  EXPECT_EQ(queue_
                ->Watch(
                    "a", 0, [](const v1::JobEvent&) { return true; }, [] { return false; })
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(JobQueueTest, HasAPulseWhileIdleAndWhileAJobHangs) {
  ASSERT_TRUE(queue_->Start().ok());
  EXPECT_TRUE(BeatsAgain());
  WorkerHangs();
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(begun_.WaitForNotificationWithTimeout(kLong));
  EXPECT_TRUE(BeatsAgain());
}

TEST_F(JobQueueTest, HasAPulseWhileTheJournalTakesNoResultAndWritesItLater) {
  SQLite::Database journal(dir_.File("journal.db"), SQLite::OPEN_READWRITE,
                           /*busyTimeoutMs=*/10'000);
  journal.exec(
      "CREATE TRIGGER full BEFORE UPDATE OF result ON job BEGIN SELECT RAISE(FAIL, 'full'); END");
  absl::Notification ran;
  WorkerDoes([&](FakeChild& child, const auto&) {
    child.Send(ResultMessage(v1::OUTCOME_OK));
    ran.Notify();
    return ExitsWith(0);
  });
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(queue_->Start().ok());
  ASSERT_TRUE(ran.WaitForNotificationWithTimeout(kLong));
  // More often than the guard and the loop could have moved it before.
  for (int beat = 0; beat < 5; ++beat) EXPECT_TRUE(BeatsAgain()) << beat;
  journal.exec("DROP TRIGGER full");
  queue_->Pulse();
  EXPECT_EQ(WatchToEnd("a").back().state_changed(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(JobQueueTest, IsIdleWhenNothingRunsOrWaits) {
  EXPECT_TRUE(queue_->Idle());
  ASSERT_TRUE(Submit("a").ok());
  EXPECT_FALSE(queue_->Idle());
}

}  // namespace
}  // namespace edgebench::agent
