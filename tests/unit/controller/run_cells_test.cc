#include "controller/run_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <sstream>
#include <streambuf>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "controller/testing/fake_agent.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fake_connector.h"
#include "tests/unit/controller/fixtures.h"
#include "tests/unit/controller/typed_input.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;
using State = CellReport::State;

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr char kQuestion[] = "ENTER to continue? ";

// What was written so far, which may be read while more is written.
class SharedText final : public std::streambuf {
 public:
  std::string Get() {
    absl::MutexLock lock(&mutex_);
    return text_;
  }
  bool Has(const std::string& part) { return Get().find(part) != std::string::npos; }

 private:
  int_type overflow(int_type c) override {
    absl::MutexLock lock(&mutex_);
    text_.push_back(static_cast<char>(c));
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    absl::MutexLock lock(&mutex_);
    text_.append(text, static_cast<size_t>(count));
    return count;
  }

  absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

// Two cells on one device, and a user at a terminal.
class RunCellsTest : public ::testing::Test {
 protected:
  RunCellsTest() {
    connector_.Put(kLocalDevice, agent_);
    session_.set_database_path(folder_.File("results.db"));
  }

  static Terminal Interactive() {
    Terminal terminal;
    terminal.stdin_is_terminal = terminal.stderr_is_terminal = true;
    terminal.stderr_width = 100;
    return terminal;
  }
  // Runs until `meanwhile` has returned and all is over. A run that does not
  // end by itself is told to, so that the test does.
  RunOutcome RunTwoCells(const std::function<void()>& meanwhile) {
    DeviceWork work{&device_, {}};
    for (const char* model : {"resnet18", "mobilenet_v2"})
      work.cells.push_back({SettingsOf(model, v1::PRECISION_FP32), "", ""});
    DeviceRun::Options options;
    options.run_id = "run";
    absl::StatusOr<RunOutcome> outcome;
    absl::Notification over;
    std::thread thread([&] {
      outcome = RunCells(session_, **session_.Store(), {work}, options);
      over.Notify();
    });
    EXPECT_TRUE(Eventually(kPatience, [&] { return agent_.submitted_labels().size() == 2; }));
    meanwhile();
    if (!over.WaitForNotificationWithTimeout(kPatience)) {
      ADD_FAILURE() << "still waiting: " << err_text_.Get();
      input_.Type("l\n");
    }
    thread.join();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return *std::move(outcome);
  }
  void WaitForText(const std::string& text) {
    EXPECT_TRUE(Eventually(kPatience, [&] { return err_text_.Has(text); })) << err_text_.Get();
  }
  static std::vector<State> States(const RunOutcome& outcome) {
    std::vector<State> states;
    for (const CellReport& report : outcome.reports) states.push_back(report.state);
    return states;
  }

  TempDir folder_;
  TypedInput input_;
  FakeAgent agent_;
  FakeConnector connector_;
  RealClock clock_;
  std::ostringstream out_;
  SharedText err_text_;
  std::ostream err_{&err_text_};
  Session session_{World{out_, err_, Interactive(), connector_, clock_}};
  ConnectedDevice device_{LocalDevice(), NewFakeAgentClient(agent_), {}};
};

TEST_F(RunCellsTest, WhatEndsWhileTheQuestionIsOpenIsNoInterruption) {
  agent_.HoldJobs();
  const RunOutcome outcome = RunTwoCells([&] {
    raise(SIGINT);
    WaitForText(kQuestion);
    agent_.ReleaseJobs();
  });
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_EQ(outcome.exit_code, ExitCode::kOk);
  EXPECT_THAT(States(outcome), ElementsAre(State::kMeasured, State::kMeasured));
  const std::string text = err_text_.Get();
  EXPECT_THAT(text.substr(text.find(kQuestion)), StartsWith(std::string(kQuestion) + "\n"))
      << "no progress overwrites the question";
}

TEST_F(RunCellsTest, ASecondCtrlCLeavesAtOnceThoughNoCancellationIsAnswered) {
  agent_.HoldJobs();
  agent_.IgnoreCancellations();
  const RunOutcome outcome = RunTwoCells([&] {
    raise(SIGINT);
    WaitForText(kQuestion);
    input_.Type("c\n");
    WaitForText("cancelling");
    raise(SIGINT);
  });
  EXPECT_EQ(outcome.exit_code, ExitCode::kInterrupted);
  EXPECT_THAT(States(outcome), ElementsAre(State::kLeftRunning, State::kLeftRunning));
  EXPECT_EQ(agent_.late_cancellations(), 0) << "their deadline was waited for";
}

}  // namespace
}  // namespace edgebench::controller
