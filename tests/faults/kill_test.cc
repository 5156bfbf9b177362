#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Minutes(1);

// Seconds of measuring: time enough to kill somebody in the middle.
std::vector<std::string> BenchFor(const std::string& seconds) {
  return {"bench", "--processes", "1",     "mobilenet_v2", "--image-size", "64",    "--threads",
          "1",     "--max-time",  seconds, "--target-ci",  "0.0001%",      "--json"};
}

class Kill : public ::testing::Test {
 protected:
  void SetUp() override { RestartAgent(); }

  void RestartAgent(std::vector<std::string> flags = {}) {
    agent_ = bench_.StartAgent(std::move(flags));
    ASSERT_NE(agent_, nullptr);
  }

  // A controller whose job runs now.
  Subprocess StartRunning(const std::string& seconds) {
    Subprocess controller = bench_.Start(BenchFor(seconds));
    EXPECT_TRUE(bench_.WaitForNewestJob("running")) << controller.errors();
    return controller;
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
};

TEST_F(Kill, OfTheControllerLosesNothingAndTheNextCommandFetchesTheResultOnce) {
  Subprocess controller = StartRunning("3");
  // Held, so that the job does not end before the controller does.
  const pid_t worker = agent_->WaitForWorker(kPatience);
  ASSERT_GT(worker, 0);
  kill(worker, SIGSTOP);
  controller.Signal(SIGKILL);
  EXPECT_TRUE(controller.Wait(kPatience).has_value());
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "0");
  kill(worker, SIGCONT);
  // Every command that asks devices collects what waits.
  ASSERT_TRUE(bench_.WaitForNewestJob("ok"));
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "1");
  EXPECT_EQ(bench_.Ask("SELECT outcome FROM results"), "ok");
  ASSERT_EQ(bench_.Run({"job", "list"}).exit_code, 0);
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "1") << "and not twice";
}

TEST_F(Kill, OfTheControllerLetsJobWatchTakeTheJobUp) {
  Subprocess controller = StartRunning("3");
  controller.Signal(SIGKILL);
  ASSERT_TRUE(controller.Wait(kPatience).has_value());
  const Finished watch = bench_.Run({"job", "watch", bench_.Ask("SELECT id FROM job"), "--json"});
  EXPECT_EQ(watch.exit_code, 0) << watch.err;
  EXPECT_EQ(watch.Json()["measurements"][0]["outcome"], "ok");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "1");
}

TEST_F(Kill, OfTheAgentMakesTheRunningJobInterruptedAndKeepsTheQueue) {
  Subprocess first = StartRunning("1h");
  Subprocess second =
      bench_.Start({"bench", "mobilenet_v2", "--image-size", "32", "--threads", "1", "--k", "3"});
  ASSERT_TRUE(Eventually(kPatience, [&] { return bench_.Ask("SELECT count(*) FROM job") == "2"; }))
      << second.errors();
  ASSERT_TRUE(bench_.WaitForNewestJob("queued"));
  const pid_t worker = agent_->WaitForWorker(kPatience);
  ASSERT_GT(worker, 0);
  // The controllers die as well, so that nobody helps the agent's memory.
  for (Subprocess* controller : {&first, &second}) controller->Signal(SIGKILL);
  agent_->Kill();
  EXPECT_TRUE(Eventually(kPatience, [&] { return ProgramOf(worker) != "edgebench-worker"; }))
      << "the worker dies with its agent";

  RestartAgent();
  ASSERT_TRUE(bench_.WaitForNewestJob("ok")) << "the queued job ran after the restart";
  EXPECT_EQ(bench_.Ask("SELECT group_concat(status) FROM (SELECT status FROM job"
                       " ORDER BY sequence)"),
            "interrupted,ok");
  EXPECT_EQ(bench_.Ask("SELECT median_ms FROM results WHERE outcome = 'interrupted'"), "NULL");
  EXPECT_EQ(bench_.Ask("SELECT samples FROM results WHERE outcome = 'interrupted'"), "0");
}

// Nobody else starts another agent: two at once would race for its data.
TEST_F(Kill, OfTheAgentIsSeenByAControllerThatWaitsAndBringsItBack) {
  Subprocess controller = StartRunning("1h");
  const std::string killed = ReadFile(bench_.LocalData() + "/lock").value_or("");
  agent_->Kill();
  const auto state = controller.Wait(absl::Minutes(2));
  ASSERT_TRUE(state.has_value()) << controller.errors();
  EXPECT_NE(state->code, 0);
  EXPECT_NE(ReadFile(bench_.LocalData() + "/lock").value_or(""), killed)
      << "the pid of the new one";
  EXPECT_EQ(bench_.Run({"job", "list"}).exit_code, 0);
  EXPECT_EQ(bench_.Ask("SELECT status FROM job"), "interrupted");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "1");
}

TEST_F(Kill, OfTheAgentAfterTheResultWasMadeLosesNoResult) {
  Subprocess controller = StartRunning("3");
  // Held, so that the job does not end before the controller is stopped.
  const pid_t worker = agent_->WaitForWorker(kPatience);
  ASSERT_GT(worker, 0);
  kill(worker, SIGSTOP);
  // Stopped, it cannot fetch; the agent ends the job on its own.
  controller.Signal(SIGSTOP);
  kill(worker, SIGCONT);
  ASSERT_TRUE(Eventually(
      kPatience, [&] { return bench_.AskJournal("SELECT state FROM job") == "SUCCEEDED"; }));
  agent_->Kill();
  controller.Signal(SIGKILL);
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "0");
  RestartAgent();
  ASSERT_TRUE(bench_.WaitForNewestJob("ok"));
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement"), "1");
  EXPECT_EQ(bench_.Ask("SELECT median_ms > 0 FROM results"), "1");
}

TEST_F(Kill, OfAnIdleWorkerCostsTheNextJobNothing) {
  ASSERT_EQ(
      bench_.Run({"bench", "mobilenet_v2", "--image-size", "32", "--threads", "1", "--k", "2"})
          .exit_code,
      0);
  const pid_t idle = agent_->WaitForWorker(kPatience);
  ASSERT_GT(idle, 0) << "a warm worker waits for the next job";
  kill(idle, SIGKILL);
  const Finished next =
      bench_.Run({"bench", "mobilenet_v2", "--image-size", "32", "--threads", "1", "--k", "2"});
  EXPECT_EQ(next.exit_code, 0) << next.err;
}

}  // namespace
}  // namespace edgebench
