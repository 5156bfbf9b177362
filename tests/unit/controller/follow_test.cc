#include "controller/follow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "controller/testing/fake_agent.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;

constexpr RetryPolicy kAtOnce = {3, absl::Milliseconds(1), absl::Milliseconds(1)};

class Follow : public ::testing::Test {
 protected:
  void Submit(const std::string& id) {
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    *request.mutable_settings() = SettingsOf("resnet18", v1::PRECISION_FP32);
    ASSERT_TRUE(client_->SubmitJob(request).ok());
  }
  absl::Status FollowToEnd(const std::string& id) {
    return FollowJob(*client_, id, kAtOnce,
                     [&](const v1::JobEvent& event) { offsets_.push_back(event.offset()); });
  }

  FakeAgent agent_;
  std::unique_ptr<AgentClient> client_ = NewFakeAgentClient(agent_);
  std::vector<int64_t> offsets_;
};

TEST_F(Follow, HandsOverEachEventOnceThroughALostConnection) {
  Submit("a");
  agent_.BreakNextWatchAfter(2);
  ASSERT_TRUE(FollowToEnd("a").ok());
  EXPECT_THAT(offsets_, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(Follow, GivesUpWhenTheAgentStaysAway) {
  Submit("a");
  agent_.SetReachable(false);
  EXPECT_TRUE(absl::IsUnavailable(FollowToEnd("a")));
}

TEST_F(Follow, LetsTheAgentBeBroughtBack) {
  Submit("a");
  agent_.SetReachable(false);
  const absl::Status status = FollowJob(
      *client_, "a", kAtOnce, [](const v1::JobEvent&) {}, [&] { agent_.SetReachable(true); });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(Follow, DoesNotInsistOnAJobThatNobodyKnows) {
  EXPECT_TRUE(absl::IsNotFound(FollowToEnd("x")));
}

TEST_F(Follow, EndsWhenWatchingIsStopped) {
  agent_.HoldJobs();
  Submit("a");
  client_->StopWatching();
  EXPECT_TRUE(absl::IsCancelled(FollowToEnd("a")));
}

}  // namespace
}  // namespace edgebench::controller
