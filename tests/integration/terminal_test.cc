#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCtrlC[] = "\x03";
constexpr absl::Duration kPatience = absl::Minutes(1);

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// A user at a terminal who presses Ctrl-C while a job runs.
class Terminal : public ::testing::Test {
 protected:
  void SetUp() override {
    agent_ = bench_.StartAgent();
    ASSERT_NE(agent_, nullptr);
  }

  Subprocess StartEndless() {
    return bench_.Start({"bench", "--processes", "1", "mobilenet_v2", "--image-size", "64",
                         "--threads", "1", "--max-time", "1h", "--target-ci", "0.0001%"},
                        /*on_terminal=*/true);
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
};

TEST_F(Terminal, CtrlCAsksAndLLeavesTheJobRunning) {
  Subprocess run = StartEndless();
  ASSERT_TRUE(bench_.WaitForNewestJob("running")) << run.output();
  run.Type(kCtrlC);
  ASSERT_TRUE(run.WaitForText("[l]eave", kPatience)) << run.output();
  run.Type("l\n");
  const auto state = run.Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << run.output();
  EXPECT_EQ(state->code, 130);
  EXPECT_THAT(run.output(), HasSubstr("job watch"));
  EXPECT_EQ(bench_.NewestJobState(), "running");
}

TEST_F(Terminal, CtrlCAsksAndCCancelsTheJob) {
  Subprocess run = StartEndless();
  ASSERT_TRUE(bench_.WaitForNewestJob("running")) << run.output();
  run.Type(kCtrlC);
  ASSERT_TRUE(run.WaitForText("[c]ancel", kPatience)) << run.output();
  run.Type("c\n");
  const auto state = run.Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << run.output();
  EXPECT_EQ(state->code, 130);
  EXPECT_EQ(bench_.NewestJobState(), "cancelled");
}

TEST_F(Terminal, EnterGoesOn) {
  Subprocess run = StartEndless();
  ASSERT_TRUE(bench_.WaitForNewestJob("running")) << run.output();
  run.Type(kCtrlC);
  ASSERT_TRUE(run.WaitForText("ENTER", kPatience)) << run.output();
  run.Type("\n");
  EXPECT_EQ(bench_.NewestJobState(), "running");
  EXPECT_FALSE(run.Wait(absl::ZeroDuration()).has_value());
  run.Type(kCtrlC);
  ASSERT_TRUE(Eventually(kPatience, [&] { return Count(run.output(), "[l]eave") == 2; }))
      << run.output();
  run.Type(kCtrlC);
  const auto state = run.Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << "a second Ctrl-C ends the question: " << run.output();
  EXPECT_EQ(state->code, 130);
  EXPECT_EQ(bench_.NewestJobState(), "running");
}

TEST_F(Terminal, ShowsProgressInPlaceAndATableAtTheEnd) {
  Subprocess run =
      bench_.Start({"bench", "mobilenet_v2", "--image-size", "64", "--threads", "1", "--k", "4"},
                   /*on_terminal=*/true);
  const auto state = run.Wait(kPatience);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, 0);
  EXPECT_THAT(run.output(), HasSubstr("\r")) << "a line that is drawn again";
  EXPECT_THAT(run.output(), HasSubstr("mobilenet_v2"));
  EXPECT_THAT(run.output(), HasSubstr("latency"));
}

TEST_F(Terminal, InAPipeAnInterruptLeavesTheJobRunning) {
  Subprocess run = bench_.Start({"bench", "--processes", "1", "mobilenet_v2", "--image-size", "64",
                                 "--threads", "1", "--max-time", "1h", "--target-ci", "0.0001%"});
  ASSERT_TRUE(bench_.WaitForNewestJob("running")) << run.errors();
  run.Signal(SIGINT);
  const auto state = run.Wait(kPatience);
  ASSERT_TRUE(state.has_value()) << run.errors();
  EXPECT_EQ(state->code, 130);
  EXPECT_THAT(run.errors(), Not(HasSubstr("[l]eave"))) << "nobody is there to answer";
  EXPECT_EQ(bench_.NewestJobState(), "running");
}

}  // namespace
}  // namespace edgebench
