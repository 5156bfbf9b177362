#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "controller/run_lock.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kRun[] = "9c1de1f0-0000-4000-8000-000000000002";

// A run of one cell in two processes, of which one is stored.
class WatchedRun : public Cli {
 protected:
  WatchedRun() : store_(*db::ResultStore::Open(folder_.File("results.db"))) {
    db::RecordedRun run;
    run.id = kRun;
    run.started_time = absl::FromUnixSeconds(1'700'000'000);
    run.devices = {{kLocalDevice, "unix:/a", {}}};
    run.devices[0].cells.push_back({SettingsOf("resnet18", v1::PRECISION_FP32), 2, "", "", ""});
    EXPECT_TRUE(store_->RecordRun(run).ok());
    db::SubmittedJob job;
    job.job_id = "job-1";
    job.device = kLocalDevice;
    job.run_id = kRun;
    job.settings = run.devices[0].cells[0].settings;
    job.submitted_time = run.started_time;
    job.cell_position = 0;
    job.process = 1;
    EXPECT_TRUE(store_->RecordSubmission(job).ok());
    v1::JobResult result = MakeResult(job.settings, SamplesAround(8));
    result.set_job_id(job.job_id);
    EXPECT_TRUE(store_->StoreResult(result, run.started_time).ok());
  }

  std::unique_ptr<db::ResultStore> store_;
};

TEST_F(WatchedRun, ThatNobodyRunsWasCutOff) {
  EXPECT_EQ(Run({"watch"}), ExitCode::kFinding) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("[1/2] local: resnet18 fp32 batch 1: 8.0 ms"),
                          HasSubstr("was cut off; to go on: edgebench run --resume 9c1de1f0")));
}

TEST_F(WatchedRun, ThatHasFinishedIsShownAsAWhole) {
  ASSERT_TRUE(store_->FinishRun(kRun, absl::Now()).ok());
  EXPECT_EQ(Run({"watch"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("no run goes on"));
  EXPECT_EQ(Run({"watch", "9c1d"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("run 9c1de1f0-0000-4000-8000-000000000002 finished"));
  EXPECT_EQ(Run({"watch", "ffff"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no run 'ffff'"));
}

TEST_F(WatchedRun, IsDrawnInPlaceOnATerminal) {
  terminal_.stdout_is_terminal = true;
  terminal_.color = true;
  terminal_.stdout_width = 100;
  EXPECT_EQ(Run({"watch"}), ExitCode::kFinding) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("1 of 2 measurements, cut off"), HasSubstr("1/2"),
                          HasSubstr("last results")));
}

TEST(RunLockOfARun, IsSeenByOthersWhileItIsHeld) {
  TempDir folder;
  const std::string database = folder.File("results.db");
  EXPECT_FALSE(RunLock::IsTaken(database, kRun)) << "there is no file yet";
  {
    const auto lock = RunLock::Take(database, kRun);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_TRUE(RunLock::IsTaken(database, kRun));
    EXPECT_FALSE(RunLock::IsTaken(database, "another"));
  }
  EXPECT_FALSE(RunLock::IsTaken(database, kRun));
}

}  // namespace
}  // namespace edgebench::controller
