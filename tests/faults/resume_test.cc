#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Minutes(2);

// A sweep of three cells in two processes each, of which some have been measured.
class CutOffSweep : public ::testing::Test {
 protected:
  void SetUp() override {
    agent_ = bench_.StartAgent();
    ASSERT_NE(agent_, nullptr);
    sweep_.emplace(bench_.Start({"bench", "mobilenet_v2", "--batch", "1,2,4", "--image-size", "32",
                                 "--threads", "1", "--k", "3", "--processes", "2"}));
    ASSERT_TRUE(Eventually(kPatience, [&] { return std::atoi(Measured().c_str()) >= 2; }))
        << sweep_->errors();
  }

  std::string Measured() { return bench_.Ask("SELECT count(*) FROM measurement"); }

  void ExpectAllMeasuredOnce() {
    EXPECT_EQ(bench_.Ask("SELECT count(*) FROM results WHERE outcome = 'ok'"), "6");
    EXPECT_EQ(bench_.Ask("SELECT count(*) FROM (SELECT DISTINCT cell_position, process FROM job"
                         " WHERE status = 'ok')"),
              "6");
    EXPECT_EQ(bench_.Ask("SELECT count(DISTINCT id) FROM run"), "1");
    EXPECT_EQ(bench_.Ask("SELECT count(*) FROM run WHERE finished_at IS NULL"), "0");
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
  std::optional<Subprocess> sweep_;
};

TEST_F(CutOffSweep, GoesOnAfterItsControllerWasKilledAndMeasuresNothingTwice) {
  sweep_->Signal(SIGKILL);
  ASSERT_TRUE(sweep_->Wait(kPatience).has_value());
  const Finished rest = bench_.Run({"run", "--resume"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr("of 6 measurements are stored"));
  EXPECT_THAT(rest.out, HasSubstr("6 in 2")) << "samples of both processes";
  ExpectAllMeasuredOnce();
  EXPECT_EQ(bench_.Run({"run", "--resume"}).exit_code, 2) << "there is nothing left";
}

TEST_F(CutOffSweep, GoesOnAfterItsAgentWasKilledAsWell) {
  sweep_->Signal(SIGKILL);
  ASSERT_TRUE(sweep_->Wait(kPatience).has_value());
  agent_->Kill();
  const Finished rest = bench_.Run({"run", "--resume", "--json"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(rest.Json()["measurements"].size(), 3u);
  ExpectAllMeasuredOnce();
}

TEST_F(CutOffSweep, IsNotResumedWhileItGoesOn) {
  sweep_->Signal(SIGSTOP);
  const Finished second = bench_.Run({"run", "--resume"});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("still goes on, in another edgebench"));
  sweep_->Signal(SIGCONT);
  const auto state = sweep_->Wait(kPatience);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, 0) << sweep_->errors();
  ExpectAllMeasuredOnce();
}

TEST_F(CutOffSweep, TellsHowToGoOnWhenItIsInterrupted) {
  sweep_->Signal(SIGINT);
  const auto state = sweep_->Wait(kPatience);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, 130);
  EXPECT_THAT(sweep_->errors(), HasSubstr("to go on with what is left: edgebench run --resume"));
  EXPECT_EQ(bench_.Run({"run", "--resume"}).exit_code, 0);
  ExpectAllMeasuredOnce();
}

// A plan on this machine and on another device, whose agent is killed in the middle.
class PlanThatLosesADevice : public ::testing::Test {
 protected:
  void SetUp() override {
    local_ = bench_.StartAgent();
    ASSERT_NE(local_, nullptr);
    StartPi();
    ASSERT_EQ(bench_.Run({"device", "add", "pi", pi_->address()}).exit_code, 0);
    std::ofstream(bench_.File("plan.yaml"))
        << "models: [mobilenet_v2]\ndevices: [local, pi]\nsweep: {batch: [1, 2, 4]}\n"
           "image-size: 32\nthreads: 1\nk: 3\nrepeats: 2\n";
    run_.emplace(bench_.Start({"run", bench_.File("plan.yaml")}));
    ASSERT_TRUE(WaitFor([&] { return MeasuredOn("pi") >= 1; })) << run_->errors();
    pi_->Kill();
  }

  void StartPi() {
    pi_ = bench_.StartAgent({"--listen", "unix:" + bench_.File("pi.sock"), "--data",
                             bench_.File("pi"), "--name", "pi"});
    ASSERT_NE(pi_, nullptr);
  }

  int MeasuredOn(const std::string& device) {
    return std::atoi(
        bench_
            .Ask("SELECT count(*) FROM results WHERE outcome = 'ok' AND device = '" + device + "'")
            .c_str());
  }

  template <typename Condition>
  static bool WaitFor(const Condition& condition) {
    return Eventually(kPatience, condition);
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> local_, pi_;
  std::optional<Subprocess> run_;
};

TEST_F(PlanThatLosesADevice, WaitsForItAndDoesNotHoldUpTheOther) {
  ASSERT_TRUE(WaitFor([&] { return MeasuredOn("local") == 6; })) << run_->errors();
  EXPECT_LT(MeasuredOn("pi"), 6);
  ASSERT_TRUE(WaitFor([&] {
    return run_->errors().find("no answer, calling again") != std::string::npos;
  })) << run_->errors();
  StartPi();
  const auto state = run_->Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << run_->errors();
  // What ran when the agent was killed is measured now, or by --resume.
  EXPECT_GE(MeasuredOn("pi"), 5) << run_->errors();
  const int left = 6 - MeasuredOn("pi");
  EXPECT_EQ(bench_.Run({"run", "--resume"}).exit_code, left == 0 ? 2 : 0);
  EXPECT_EQ(MeasuredOn("pi"), 6);
  EXPECT_EQ(MeasuredOn("local"), 6) << "and not again";
}

TEST_F(PlanThatLosesADevice, GoesOnWithItLater) {
  ASSERT_TRUE(WaitFor([&] { return MeasuredOn("local") == 6; })) << run_->errors();
  run_->Signal(SIGINT);
  const auto state = run_->Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << run_->errors();
  EXPECT_EQ(state->code, 130);
  EXPECT_THAT(run_->errors(), HasSubstr("to go on with what is left: edgebench run --resume"));
  StartPi();
  const Finished rest = bench_.Run({"run", "--resume"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(MeasuredOn("pi"), 6);
  EXPECT_EQ(MeasuredOn("local"), 6);
}

}  // namespace
}  // namespace edgebench
