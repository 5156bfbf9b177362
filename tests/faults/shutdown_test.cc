#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

// SIGTERM, as systemd sends it, while a job runs.
class Shutdown : public ::testing::Test {
 protected:
  void StartAgentAndJob(const std::string& grace, const std::string& seconds) {
    agent_ = bench_.StartAgent({"--grace", grace});
    ASSERT_NE(agent_, nullptr);
    controller_ = std::make_unique<Subprocess>(
        bench_.Start({"bench", "--processes", "1", "mobilenet_v2", "--image-size", "64",
                      "--threads", "1", "--max-time", seconds, "--target-ci", "0.0001%"}));
    ASSERT_TRUE(bench_.WaitForNewestJob("running")) << controller_->errors();
  }

  void KillController() {
    controller_->Signal(SIGKILL);
    controller_->Wait(kPatience);
  }

  int ExitCodeOfController() {
    const auto state = controller_->Wait(kPatience);
    EXPECT_TRUE(state.has_value()) << controller_->errors();
    return state.has_value() ? state->code : -1;
  }

  void ExpectCleanEnd() {
    const auto state = agent_->process().Wait(kPatience);
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(state->code, 0) << agent_->process().errors();
  }

  std::string OutcomeAfterRestart() {
    agent_ = bench_.StartAgent();
    EXPECT_NE(agent_, nullptr);
    bench_.Run({"job", "list"});
    return bench_.Ask("SELECT status FROM job");
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
  std::unique_ptr<Subprocess> controller_;
};

TEST_F(Shutdown, LetsTheRunningJobFinishWithinTheGrace) {
  StartAgentAndJob("60s", "4");
  KillController();
  agent_->process().Signal(SIGTERM);
  ExpectCleanEnd();
  EXPECT_EQ(OutcomeAfterRestart(), "ok");
  EXPECT_NE(bench_.Ask("SELECT median_ms FROM results"), "NULL");
}

TEST_F(Shutdown, AgentAndJobGoOnWhenTheSshSessionDrops) {
  StartAgentAndJob("1s", "4");
  KillController();
  agent_->process().Signal(SIGHUP);
  ASSERT_TRUE(bench_.WaitForNewestJob("ok"));
  EXPECT_NE(bench_.Ask("SELECT median_ms FROM results"), "NULL");
  agent_->process().Signal(SIGTERM);
  ExpectCleanEnd();
}

TEST_F(Shutdown, AControllerThatWaitsIsGivenTheLastResult) {
  StartAgentAndJob("60s", "4");
  agent_->process().Signal(SIGTERM);
  EXPECT_EQ(ExitCodeOfController(), 0);
  ExpectCleanEnd();
  EXPECT_EQ(bench_.Ask("SELECT status FROM job"), "ok");
  EXPECT_NE(bench_.Ask("SELECT median_ms FROM results"), "NULL");
}

TEST_F(Shutdown, AControllerThatWaitsIsToldThatItsJobWasInterrupted) {
  StartAgentAndJob("1s", "1h");
  agent_->process().Signal(SIGTERM);
  constexpr int kDeviceFault = 5;
  EXPECT_EQ(ExitCodeOfController(), kDeviceFault);
  ExpectCleanEnd();
  EXPECT_EQ(bench_.Ask("SELECT status FROM job"), "interrupted");
  EXPECT_EQ(bench_.Ask("SELECT median_ms FROM results"), "NULL");
}

TEST_F(Shutdown, EndsAJobThatTakesLongerThanTheGrace) {
  StartAgentAndJob("1s", "1h");
  KillController();
  const pid_t worker = agent_->WaitForWorker(kPatience);
  ASSERT_GT(worker, 0);
  agent_->process().Signal(SIGTERM);
  ExpectCleanEnd();
  EXPECT_TRUE(Eventually(kPatience, [&] { return ProgramOf(worker) != "edgebench-worker"; }));
  EXPECT_EQ(OutcomeAfterRestart(), "interrupted");
  EXPECT_EQ(bench_.Ask("SELECT median_ms FROM results"), "NULL");
}

}  // namespace
}  // namespace edgebench
