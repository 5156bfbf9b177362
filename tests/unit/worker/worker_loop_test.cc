#include "agent/worker/worker_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent/worker/fake_runner.h"
#include "common/file.h"
#include "common/framing.h"

namespace edgebench::worker {
namespace {

using testing::ElementsAre;

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read.Reset(ends[0]);
    write.Reset(ends[1]);
  }
  UniqueFd read, write;
};

// A worker whose daemon writes all requests first and reads the answers at the
// end; both fit into a pipe.
class WorkerLoopTest : public testing::Test {
 protected:
  void Send(const v1::WorkerRequest& request) {
    ASSERT_TRUE(WriteFrame(requests_.write.get(), request).ok());
  }

  static v1::WorkerRequest Describe() {
    v1::WorkerRequest request;
    request.mutable_describe();
    return request;
  }

  static v1::WorkerRequest Inspect() {
    v1::WorkerRequest request;
    v1::JobSettings& settings = *request.mutable_run_job()->mutable_settings();
    settings.set_kind(v1::JOB_KIND_INSPECT);
    settings.mutable_model()->set_zoo_name("fake");
    return request;
  }

  absl::Status Run(const FakeScript& script = FakeScript()) {
    FakeBackend backend(clock_, script);
    const absl::Status status = RunWorker(backend, {requests_.read.get(), messages_.write.get()},
                                          {clock_, memory_, [this] { parent_gone_.Notify(); }});
    messages_.write.Reset();
    return status;
  }

  std::vector<v1::WorkerMessage::MessageCase> Answers() {
    std::vector<v1::WorkerMessage::MessageCase> cases;
    v1::WorkerMessage message;
    while (ReadFrame(messages_.read.get(), &message).ok()) cases.push_back(message.message_case());
    return cases;
  }

  Pipe requests_, messages_;
  FakeClock clock_;
  ProcessMemory memory_;
  absl::Notification parent_gone_;
};

TEST_F(WorkerLoopTest, SaysThatItIsReadyAndEndsWithItsRequests) {
  requests_.write.Reset();
  EXPECT_TRUE(Run().ok());
  EXPECT_THAT(Answers(), ElementsAre(v1::WorkerMessage::kReady));
}

TEST_F(WorkerLoopTest, DescribesAsOftenAsAsked) {
  Send(Describe());
  Send(Describe());
  requests_.write.Reset();
  EXPECT_TRUE(Run().ok());
  EXPECT_THAT(Answers(), ElementsAre(v1::WorkerMessage::kReady, v1::WorkerMessage::kDescription,
                                     v1::WorkerMessage::kDescription));
}

TEST_F(WorkerLoopTest, RunsOneJobAndNoSecond) {
  Send(Describe());
  Send(Inspect());
  Send(Inspect());
  EXPECT_TRUE(Run().ok());
  EXPECT_THAT(Answers(), ElementsAre(v1::WorkerMessage::kReady, v1::WorkerMessage::kDescription,
                                     v1::WorkerMessage::kStageEntered, v1::WorkerMessage::kResult));
}

TEST_F(WorkerLoopTest, DoesNotTakeWaitingRequestsForALostDaemon) {
  Send(Inspect());
  Send(Describe());
  EXPECT_TRUE(Run().ok());
  EXPECT_FALSE(parent_gone_.HasBeenNotified());
}

TEST_F(WorkerLoopTest, NoticesDuringAJobThatTheDaemonIsGone) {
  v1::WorkerRequest benchmark = Inspect();
  benchmark.mutable_run_job()->mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
  Send(benchmark);
  FakeScript script;
  bool noticed = false;
  script.during_call = [&] {
    requests_.write.Reset();
    noticed = parent_gone_.WaitForNotificationWithTimeout(absl::Seconds(30));
  };
  script.duration = [](int) { return absl::Seconds(10); };
  EXPECT_TRUE(Run(script).ok());
  EXPECT_TRUE(noticed);
}

class WorkerLoopTrainingTest : public WorkerLoopTest {
 protected:
  static v1::WorkerRequest Training(int steps) {
    v1::WorkerRequest request = Inspect();
    v1::JobSettings& settings = *request.mutable_run_job()->mutable_settings();
    settings.set_kind(v1::JOB_KIND_BENCHMARK);
    settings.set_fixed_samples(1);
    settings.set_precision(v1::PRECISION_INT8_QAT);
    settings.mutable_training()->set_steps(steps);
    return request;
  }
  static v1::WorkerRequest FinishEarly() {
    v1::WorkerRequest request;
    request.mutable_finish_early();
    return request;
  }
  v1::JobResult Result() {
    v1::WorkerMessage message;
    while (ReadFrame(messages_.read.get(), &message).ok())
      if (message.has_result()) return message.result();
    return v1::JobResult();
  }
};

TEST_F(WorkerLoopTrainingTest, EndsATrainingWhenItIsAskedToAndConvertsTheModel) {
  constexpr int kSteps = 1000;  // with some time for each, far more than it takes to be heard
  Send(Training(kSteps));
  FakeScript script;
  script.during_step = [this](int step) {
    if (step == 3) Send(FinishEarly());
    if (step > 3) absl::SleepFor(absl::Milliseconds(30));
  };
  EXPECT_TRUE(Run(script).ok());
  const v1::JobResult result = Result();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_TRUE(result.training().finished_early());
  EXPECT_GE(result.training().loss_size(), 3);
  EXPECT_LT(result.training().loss_size(), kSteps);
  EXPECT_EQ(result.latency().measured_ns_size(), 1) << "what it is now was measured";
}

TEST_F(WorkerLoopTrainingTest, TrainsToTheEndWhenNobodyAsks) {
  Send(Training(5));
  Send(Describe());  // is no such request
  EXPECT_TRUE(Run().ok());
  const v1::JobResult result = Result();
  EXPECT_FALSE(result.training().finished_early());
  EXPECT_EQ(result.training().loss_size(), 5);
}

TEST_F(WorkerLoopTrainingTest, LeavesAJobAsItIsThatTrainsNothing) {
  Send(FinishEarly());  // too early, even
  Send(Inspect());
  Send(FinishEarly());
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Result().outcome(), v1::OUTCOME_OK);
}

TEST_F(WorkerLoopTrainingTest, HearsOfALostDaemonBehindARequestThatIsNone) {
  Send(Training(2));
  FakeScript script;
  bool noticed = false;
  script.during_step = [&](int step) {
    if (step > 1) return;
    EXPECT_EQ(write(requests_.write.get(), "\x02\0\0\0\xff\xff", 6), 6);
    requests_.write.Reset();
    noticed = parent_gone_.WaitForNotificationWithTimeout(absl::Seconds(30));
  };
  EXPECT_TRUE(Run(script).ok());
  EXPECT_TRUE(noticed);
}

TEST_F(WorkerLoopTest, EndsWhenNobodyReads) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_IGN), SIG_ERR);
  messages_.read.Reset();
  EXPECT_TRUE(absl::IsUnavailable(Run()));
}

TEST_F(WorkerLoopTest, EndsWhenARequestIsCutOff) {
  ASSERT_EQ(write(requests_.write.get(), "\x10\0\0\0ab", 6), 6);
  requests_.write.Reset();
  EXPECT_TRUE(absl::IsDataLoss(Run()));
}

TEST_F(WorkerLoopTest, EndsWhenARequestIsOfAnUnknownKind) {
  Send(v1::WorkerRequest());
  EXPECT_TRUE(absl::IsDataLoss(Run()));
}

}  // namespace
}  // namespace edgebench::worker
