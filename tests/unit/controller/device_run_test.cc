#include "controller/device_run.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "controller/testing/fake_agent.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using State = CellReport::State;

constexpr RetryPolicy kAtOnce = {3, absl::Milliseconds(1), absl::Milliseconds(1)};

constexpr absl::Duration kPatience = absl::Minutes(1);

class Observer final : public RunObserver {
 public:
  void OnSubmitting(const CellReport&) override {}
  void OnFileSent(const CellReport&, const std::string&, int64_t sent, int64_t total) override {
    heard_.push_back(absl::StrCat("sent ", sent, " of ", total));
  }
  void OnCellStarted(const CellReport&) override {
    heard_.push_back("started");
    if (!started_.HasBeenNotified()) started_.Notify();
  }
  void OnAgentLost(const std::string&) override { heard_.push_back("lost"); }
  void OnEvent(const std::string&, const v1::JobEvent&) override {}
  void OnCellEnded(const CellReport&) override {}

  // From the thread of the run, to be read after it.
  const std::vector<std::string>& heard() const { return heard_; }
  void WaitUntilStarted() { EXPECT_TRUE(started_.WaitForNotificationWithTimeout(kPatience)); }

 private:
  absl::Notification started_;
  std::vector<std::string> heard_;
};

class DeviceRunTest : public ::testing::Test {
 protected:
  DeviceRunTest()
      : device_{LocalDevice(), NewFakeAgentClient(agent_), agent_.capabilities()},
        store_(*db::ResultStore::Open(folder_.File("results.db"))) {
    options_.run_id = "run";
    options_.retry = kAtOnce;
  }

  static std::vector<Cell> Batches(const std::vector<int>& batches) {
    std::vector<Cell> cells;
    for (const int batch : batches)
      cells.push_back({SettingsOf("resnet18", v1::PRECISION_FP32, batch), "", ""});
    return cells;
  }
  DeviceRun MakeRun(std::vector<Cell> cells) {
    return DeviceRun(device_, std::move(cells), store_, observer_, options_);
  }
  static std::vector<State> States(const DeviceRun& run) {
    std::vector<State> states;
    for (const CellReport& report : run.reports()) states.push_back(report.state);
    return states;
  }
  size_t Stored() {
    return store_.Use([](db::ResultStore& store) { return store.Measurements({}); })->size();
  }
  std::vector<db::SubmittedJob> Pending() {
    return *store_.Use([](db::ResultStore& store) { return store.PendingJobs(); });
  }

  std::string StatusOf(const std::string& job_id) {
    return store_.Use([&](db::ResultStore& store) { return store.GetJob(job_id); })->status;
  }
  // A job that some controller is about to submit, or was.
  db::SubmittedJob Record(const std::string& id, absl::Time submitted) {
    db::SubmittedJob job;
    job.job_id = id;
    job.device = kLocalDevice;
    job.run_id = "run";
    job.settings = SettingsOf("resnet18", v1::PRECISION_FP32);
    job.submitted_time = submitted;
    EXPECT_TRUE(
        store_.Use([&](db::ResultStore& store) { return store.RecordSubmission(job); }).ok());
    return job;
  }
  // Every job yields a model.
  void MakeModels() {
    agent_.PutArtifact("a model");
    agent_.SetScript([](const v1::JobSettings& settings) {
      v1::JobResult result = MakeResult(settings, {});
      result.mutable_artifact()->set_sha256(Sha256Hex("a model"));
      result.mutable_artifact()->set_size_bytes(7);
      return result;
    });
  }

  TempDir folder_;
  FakeAgent agent_;
  ConnectedDevice device_;
  SharedStore store_;
  Observer observer_;
  DeviceRun::Options options_;
};

TEST_F(DeviceRunTest, StoresAndAcknowledgesEveryResultInOrder) {
  DeviceRun run = MakeRun(Batches({1, 2, 4}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kMeasured, State::kMeasured, State::kMeasured));
  EXPECT_THAT(
      agent_.submitted_labels(),
      ElementsAre("resnet18 fp32 batch 1", "resnet18 fp32 batch 2", "resnet18 fp32 batch 4"));
  EXPECT_EQ(Stored(), 3u);
  EXPECT_TRUE(Pending().empty());
  for (const CellReport& report : run.reports()) EXPECT_TRUE(agent_.is_acknowledged(report.job_id));
}

TEST_F(DeviceRunTest, NeverSubmitsWhatARunningCellMayRuleOut) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    if (settings.batch() >= 4) result.set_outcome(v1::OUTCOME_OOM);
    return result;
  });
  DeviceRun run = MakeRun(Batches({1, 4, 8, 16}));
  run.Run();
  EXPECT_THAT(States(run),
              ElementsAre(State::kMeasured, State::kMeasured, State::kSkipped, State::kSkipped));
  EXPECT_EQ(run.reports()[2].skipped_because, "batch 4 ran out of memory");
  EXPECT_THAT(agent_.submitted_labels(),
              ElementsAre("resnet18 fp32 batch 1", "resnet18 fp32 batch 4"));
  EXPECT_EQ(Stored(), 2u) << "a skipped cell is no measurement";
}

TEST_F(DeviceRunTest, GoesOnAfterACellThatWasRefused) {
  std::vector<Cell> cells = Batches({1});
  cells.insert(cells.begin(), {SettingsOf("resnet18", v1::PRECISION_AS_STORED), "", ""});
  DeviceRun run = MakeRun(std::move(cells));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kRefused, State::kMeasured));
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kUsage);
  EXPECT_TRUE(Pending().empty()) << "a refused job is not waited for";
  EXPECT_EQ(run.reports()[0].job_id, "") << "there is no such job";
}

TEST_F(DeviceRunTest, SurvivesALineThatBreaksInTheMiddle) {
  agent_.BreakNextWatchAfter(2);
  DeviceRun run = MakeRun(Batches({1}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kMeasured));
}

TEST_F(DeviceRunTest, SendsNothingToADeviceThatIsGone) {
  agent_.SetReachable(false);
  DeviceRun run = MakeRun(Batches({1, 2}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kNotRun, State::kNotRun));
  for (const CellReport& report : run.reports())
    EXPECT_EQ(ExitCodeOf(report), ExitCode::kUnreachable);
  EXPECT_EQ(Pending().size(), 1u) << "the first may have arrived: that is found out later";
}

TEST_F(DeviceRunTest, LeavesTheJobRunningWhenToldSo) {
  agent_.HoldJobs();
  DeviceRun run = MakeRun(Batches({1, 2}));
  std::thread thread([&] { run.Run(); });
  observer_.WaitUntilStarted();
  run.RequestStop(Stop::kLeave);
  thread.join();
  EXPECT_THAT(States(run), ElementsAre(State::kLeftRunning, State::kNotRun));
  EXPECT_EQ(Pending().size(), 1u);
  EXPECT_EQ(Stored(), 0u);
}

TEST_F(DeviceRunTest, CancelsWhatRunsAndStoresThatItWas) {
  agent_.HoldJobs();
  DeviceRun run = MakeRun(Batches({1, 2}));
  std::thread thread([&] { run.Run(); });
  observer_.WaitUntilStarted();
  run.RequestStop(Stop::kCancel);
  thread.join();
  EXPECT_THAT(States(run), ElementsAre(State::kMeasured, State::kNotRun));
  EXPECT_EQ(run.reports()[0].measurement->result.outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_TRUE(Pending().empty());
}

TEST_F(DeviceRunTest, AwaitsAJobThatWasSubmittedEarlier) {
  agent_.HoldJobs();
  {
    DeviceRun first = MakeRun(Batches({1}));
    std::thread thread([&] { first.Run(); });
    observer_.WaitUntilStarted();
    first.RequestStop(Stop::kLeave);
    thread.join();
  }
  agent_.ReleaseJobs();
  device_.client = NewFakeAgentClient(agent_);
  DeviceRun second = MakeRun({});
  second.Adopt(Pending().front());
  second.Run();
  EXPECT_THAT(States(second), ElementsAre(State::kMeasured));
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(DeviceRunTest, AFolderThatIsGoneLosesNoJob) {
  MakeModels();
  options_.output_path = folder_.File("gone/out.pt");
  DeviceRun run = MakeRun(Batches({1}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kLeftRunning));
  EXPECT_TRUE(run.reports()[0].ended);
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kUsage);
  EXPECT_EQ(StatusOf(run.reports()[0].job_id), "pending");
}

TEST_F(DeviceRunTest, AModelThatTheAgentDroppedLosesNoJobThatItKnows) {
  MakeModels();
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.mutable_artifact()->set_sha256(Sha256Hex("dropped"));
    result.mutable_artifact()->set_size_bytes(7);
    return result;
  });
  options_.output_path = folder_.File("out.pt");
  DeviceRun run = MakeRun(Batches({1}));
  run.Run();
  EXPECT_EQ(StatusOf(run.reports()[0].job_id), "pending");
}

TEST_F(DeviceRunTest, RemembersThatTheOutputMayBeOverwritten) {
  agent_.HoldJobs();
  options_.output_path = folder_.File("out.pt");
  options_.overwrite = true;
  DeviceRun run = MakeRun(Batches({1}));
  std::thread thread([&] { run.Run(); });
  observer_.WaitUntilStarted();
  run.RequestStop(Stop::kLeave);
  thread.join();
  ASSERT_EQ(Pending().size(), 1u);
  EXPECT_TRUE(Pending().front().overwrite);
}

TEST_F(DeviceRunTest, SubmitsNothingAfterItWasStoppedWhileAModelWasSent) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("model.pt"), "a model").ok());
  v1::JobSettings settings = SettingsOf("resnet18", v1::PRECISION_FP32);
  settings.mutable_model()->mutable_artifact()->set_sha256(Sha256Hex("a model"));
  settings.mutable_model()->mutable_artifact()->set_size_bytes(7);
  DeviceRun* running = nullptr;
  options_.on_lost = [&](const db::Device&) { running->RequestStop(Stop::kLeave); };
  agent_.BreakNextTransferAfter(3);
  DeviceRun run = MakeRun({{settings, folder_.File("model.pt")}});
  running = &run;
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kNotRun));
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kInterrupted);
  EXPECT_TRUE(agent_.submitted_labels().empty());
  EXPECT_TRUE(Pending().empty());
}

TEST_F(DeviceRunTest, BringsAnAgentBackThatDiedBeforeTheSubmission) {
  agent_.SetReachable(false);
  options_.on_lost = [&](const db::Device&) { agent_.SetReachable(true); };
  DeviceRun run = MakeRun(Batches({1}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kMeasured));
}

TEST_F(DeviceRunTest, AJobThatCannotBeRecordedIsNoRefusalOfTheAgent) {
  DeviceRun first = MakeRun(Batches({1}));
  first.Run();
  SQLite::Database(folder_.File("results.db"), SQLite::OPEN_READWRITE).exec("DROP TABLE run");
  DeviceRun run = MakeRun(Batches({2, 4}));
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kNotRun, State::kNotRun));
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kUsage);
  EXPECT_EQ(run.reports()[0].job_id, "");
  EXPECT_EQ(agent_.submitted_labels().size(), 1u) << "the agent was never asked";
}

TEST_F(DeviceRunTest, AnAgentThatForgotTheJobLosesIt) {
  agent_.HoldJobs();
  DeviceRun run = MakeRun(Batches({1}));
  std::thread thread([&] { run.Run(); });
  observer_.WaitUntilStarted();
  agent_.ForgetJobs();
  thread.join();
  EXPECT_THAT(States(run), ElementsAre(State::kNotRun));
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kDeviceFault);
  EXPECT_TRUE(Pending().empty());
}

TEST_F(DeviceRunTest, AnAdoptedJobThatAnotherControllerMayBeSendingIsNotLost) {
  const db::SubmittedJob job = Record("a", absl::Now());
  DeviceRun run = MakeRun({});
  run.Adopt(job);
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kLeftRunning));
  EXPECT_EQ(ExitCodeOf(run.reports()[0]), ExitCode::kDeviceFault);
  EXPECT_EQ(StatusOf("a"), "pending");
}

TEST_F(DeviceRunTest, AnAdoptedJobOfLongAgoThatTheAgentDoesNotKnowIsLost) {
  const db::SubmittedJob job = Record("a", absl::Now() - absl::Hours(1));
  DeviceRun run = MakeRun({});
  run.Adopt(job);
  run.Run();
  EXPECT_THAT(States(run), ElementsAre(State::kNotRun));
  EXPECT_EQ(StatusOf("a"), "lost");
}

TEST_F(DeviceRunTest, LeavingWaitsForNoFurtherAttempt) {
  options_.retry = {100, absl::Hours(1), absl::Hours(1)};
  agent_.HoldJobs();
  agent_.BreakNextWatchAfter(1);
  DeviceRun run = MakeRun(Batches({1}));
  std::thread thread([&] { run.Run(); });
  observer_.WaitUntilStarted();
  run.RequestStop(Stop::kLeave);
  thread.join();
  EXPECT_THAT(States(run), ElementsAre(State::kLeftRunning));
  EXPECT_TRUE(absl::IsCancelled(run.reports()[0].status));
}

TEST_F(DeviceRunTest, TellsHowMuchOfAModelIsSentBeforeTheCellStarts) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("model.pt"), "a model").ok());
  v1::JobSettings settings = SettingsOf("resnet18", v1::PRECISION_FP32);
  settings.mutable_model()->mutable_artifact()->set_sha256(Sha256Hex("a model"));
  settings.mutable_model()->mutable_artifact()->set_size_bytes(7);
  agent_.BreakNextTransferAfter(3);
  DeviceRun run = MakeRun({{settings, folder_.File("model.pt")}});
  run.Run();
  EXPECT_THAT(observer_.heard(), ElementsAre("sent 0 of 7", "sent 3 of 7", "lost", "sent 3 of 7",
                                             "sent 7 of 7", "started"));
}

}  // namespace
}  // namespace edgebench::controller
