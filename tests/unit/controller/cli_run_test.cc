#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "common/digest.h"
#include "controller/run_lock.h"
#include "db/result_store.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kRun[] = "9c1de1f0-0000-4000-8000-000000000002";

// A run of two models in two processes each, which something cut off.
class CutOffRun : public Cli {
 protected:
  CutOffRun() : store_(*db::ResultStore::Open(folder_.File("results.db"))) {
    record_.id = kRun;
    record_.started_time = absl::FromUnixSeconds(1'700'000'000);
    record_.devices = {{kLocalDevice, "unix:/a", {}}};
    for (const char* model : {"resnet18", "mobilenet_v2"})
      record_.devices[0].cells.push_back({SettingsOf(model, v1::PRECISION_FP32), 2, "", "", ""});
  }

  void Record() { ASSERT_TRUE(store_->RecordRun(record_).ok()); }
  db::SubmittedJob Submitted(const std::string& id, int position, int process) {
    db::SubmittedJob job;
    job.job_id = id;
    job.device = kLocalDevice;
    job.run_id = kRun;
    job.settings = record_.devices[0].cells[static_cast<size_t>(position)].settings;
    job.submitted_time = record_.started_time;
    job.cell_position = position;
    job.process = process;
    EXPECT_TRUE(store_->RecordSubmission(job).ok());
    return job;
  }
  void Stored(const std::string& id, int position, int process,
              v1::Outcome outcome = v1::OUTCOME_OK) {
    v1::JobResult result = MakeResult(Submitted(id, position, process).settings, {5'000'000});
    result.set_job_id(id);
    result.set_outcome(outcome);
    ASSERT_TRUE(store_->StoreResult(result, record_.started_time).ok());
    ASSERT_TRUE(store_->MarkAcknowledged(id).ok());
  }

  std::unique_ptr<db::ResultStore> store_;
  db::RecordedRun record_;
};

TEST_F(CutOffRun, SendsWhatWasRecordedAMomentAgoAndNeverSent) {
  record_.started_time = absl::Now();
  Record();
  Submitted("0b52ee53-0000-4000-8000-000000000001", 0, 1);
  EXPECT_EQ(Run({"run", "--resume", "--json"}), ExitCode::kOk) << err_;
  const nlohmann::json document = Json();
  ASSERT_EQ(document["measurements"].size(), 2u);
  for (const auto& measurement : document["measurements"])
    EXPECT_EQ(measurement["latency_ns"]["processes"], 2);
  EXPECT_EQ(store_->GetJob("0b52ee53-0000-4000-8000-000000000001")->status, "ok");
}

TEST_F(CutOffRun, GoesOnWithWhatIsLeft) {
  Record();
  Stored("a", 0, 1);
  Stored("b", 1, 1, v1::OUTCOME_CANCELLED);
  EXPECT_EQ(Run({"run", "--resume", "--json"}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("run 9c1de1f0-0000-4000-8000-000000000002: 1 of 4 measurements"));
  EXPECT_THAT(agent_.submitted_labels(),
              UnorderedElementsAre("resnet18 fp32 batch 1", "mobilenet_v2 fp32 batch 1",
                                   "mobilenet_v2 fp32 batch 1"));
  const nlohmann::json document = Json();
  EXPECT_EQ(document["run_id"], kRun);
  ASSERT_THAT(document["measurements"], SizeIs(2));
  EXPECT_EQ(document["measurements"][0]["model"], "resnet18");
  EXPECT_EQ(document["measurements"][0]["latency_ns"]["samples"], 4) << "1 of before, 3 of now";
  EXPECT_EQ(document["measurements"][1]["latency_ns"]["samples"], 6);
}

TEST_F(CutOffRun, IsThereNoMoreWhenItHasGoneOn) {
  Record();
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("no run was cut off"));
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(4));
}

TEST_F(CutOffRun, FetchesWhatEndedMeanwhile) {
  Record();
  const db::SubmittedJob job = Submitted("a", 0, 1);
  v1::SubmitJobRequest request;
  request.set_job_id(job.job_id);
  *request.mutable_settings() = job.settings;
  ASSERT_TRUE(NewFakeAgentClient(agent_)->SubmitJob(request).ok());
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(4)) << "that one, and three more";
}

TEST_F(CutOffRun, AwaitsWhatStillRuns) {
  Record();
  const db::SubmittedJob job = Submitted("a", 0, 1);
  agent_.HoldJobs();
  v1::SubmitJobRequest request;
  request.set_job_id(job.job_id);
  *request.mutable_settings() = job.settings;
  ASSERT_TRUE(NewFakeAgentClient(agent_)->SubmitJob(request).ok());
  std::thread release([&] {
    absl::SleepFor(absl::Milliseconds(200));
    agent_.ReleaseJobs();
  });
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kOk) << err_;
  release.join();
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(4));
  EXPECT_THAT(*store_->PendingJobs(), SizeIs(0));
}

TEST_F(CutOffRun, SkipsWhatAnEarlierFailureRulesOut) {
  record_.devices[0].cells[1].settings = SettingsOf("resnet18", v1::PRECISION_FP32, 8);
  Record();
  Stored("a", 0, 1, v1::OUTCOME_OOM);
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kDeviceFault) << err_;
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(0));
  EXPECT_THAT(out_, HasSubstr("skipped"));
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kUsage) << "there is nothing left of it";
}

TEST_F(CutOffRun, RefusesAModelFileThatHasChanged) {
  const std::string path = folder_.File("model.pt");
  std::ofstream(path) << "new";
  v1::Digest old;
  old.set_sha256(Sha256Hex("old"));
  old.set_size_bytes(3);
  db::RecordedRun::Cell& cell = record_.devices[0].cells[0];
  *cell.settings.mutable_model()->mutable_artifact() = old;
  cell.model_path = path;
  Record();
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(path + " has changed since the run began"));
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(0));
}

TEST_F(CutOffRun, IsNotResumedWhileItGoesOn) {
  Record();
  const auto lock = RunLock::Take(folder_.File("results.db"), kRun);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(Run({"run", "--resume"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("still goes on, in another edgebench"));
}

TEST_F(CutOffRun, IsNamedByItsId) {
  Record();
  EXPECT_EQ(Run({"run", "--resume", "abc"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no run abc"));
  EXPECT_EQ(Run({"run"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--resume"));
}

TEST_F(Cli, AGridTellsHowLongItWillTake) {
  EXPECT_EQ(Run({"bench", "resnet18", "mobilenet_v2"}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("2 cells in 6 processes on local: about "));
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, Not(HasSubstr("about "))) << "of one cell there is nothing to say";
}

TEST_F(Cli, ThreadsAreAnAxis) {
  EXPECT_EQ(Run({"bench", "resnet18", "--threads", "4,1", "--k", "1"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(),
              ElementsAre("resnet18 fp32 1 thread", "resnet18 fp32 4 threads"));
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "--threads", "1,2", "-o",
                 folder_.File("q.pt")}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--threads: only bench takes several numbers"));
}

TEST_F(Cli, PlacementIsAskedForAndShown) {
  EXPECT_EQ(
      Run({"bench", "resnet18", "--pin", "0-1", "--nice", "-5", "--huge-pages", "on", "--k", "1"}),
      ExitCode::kOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr("pinned to 0-1, nice -5, huge pages on"));
  EXPECT_EQ(Run({"results", "--json"}), ExitCode::kOk);
  const nlohmann::json document = Json();
  const nlohmann::json& measurement = document["measurements"][0];
  EXPECT_EQ(measurement["pin_cpus"], "0-1");
  EXPECT_EQ(measurement["nice"], -5);
  EXPECT_EQ(measurement["huge_pages"], "on");
  EXPECT_EQ(measurement["huge_page_bytes"], nullptr);
  EXPECT_EQ(Run({"bench", "resnet18", "--huge-pages", "maybe"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--huge-pages"));
}

}  // namespace
}  // namespace edgebench::controller
