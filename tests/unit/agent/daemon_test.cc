// The whole daemon in this process, with a fake worker: how it starts, what it
// tells systemd, and how it stops.
#include "agent/daemon.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

// Where systemd would listen.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval limit{30, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifySocket() { unsetenv("NOTIFY_SOCKET"); }

  std::string Next() {
    char buffer[256];
    const ssize_t size = recv(fd_.get(), buffer, sizeof(buffer), 0);
    return size < 0 ? "nothing came" : std::string(buffer, static_cast<size_t>(size));
  }

 private:
  const UniqueFd fd_;
};

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    options_.listen = {"unix:" + dir_.File("s")};
    options_.data_folder = dir_.File("data");
    options_.cache_bytes = 1 << 20;
    options_.job_memory_bytes = 1 << 30;
    options_.max_queued = 10;
    options_.worker_path = "worker";
    options_.grace = absl::Seconds(30);
    WorkerDoes([](FakeChild& child, const auto&) {
      child.Send(ResultMessage(v1::OUTCOME_OK));
      return ExitsWith(0);
    });
  }

  void WorkerDoes(FakeJob run) {
    v1::WorkerMessage::Description description;
    description.add_zoo()->set_name("tiny");
    launcher_.Define("", FakeWorker(description, std::move(run)));
  }

  absl::StatusOr<std::unique_ptr<Daemon>> Start() {
    return Daemon::Start(options_, launcher_, clock_);
  }

  std::unique_ptr<v1::AgentService::Stub> Connect() {
    return v1::AgentService::NewStub(
        grpc::CreateChannel(options_.listen[0], grpc::InsecureChannelCredentials()));
  }

  grpc::Status Submit(const std::string& id) {
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    request.mutable_settings()->set_kind(v1::JOB_KIND_INSPECT);
    request.mutable_settings()->mutable_model()->set_zoo_name("tiny");
    v1::SubmitJobResponse response;
    grpc::ClientContext context;
    return Connect()->SubmitJob(&context, request, &response);
  }

  v1::JobState StateAfterwards(const std::string& id) {
    return db::JobJournal::Open(options_.data_folder + "/journal.db").value()->Get(id)->state();
  }

  TempDir dir_;
  RealClock clock_;
  FakeProcessLauncher launcher_;
  Options options_;
};

// As `kill` from outside; blocked in every thread, it waits until it is read.
void Terminate() { kill(getpid(), SIGTERM); }

TEST_F(DaemonTest, ServesUntilItIsTerminated) {
  auto daemon = Start().value();
  ASSERT_TRUE(Submit("a").ok());
  Terminate();
  daemon->RunUntilStopped();
  daemon = nullptr;
  EXPECT_FALSE(std::filesystem::exists(dir_.File("s")));
  EXPECT_TRUE(Start().ok()) << "everything it held is free again";
}

TEST_F(DaemonTest, RefusesADataFolderThatIsInUse) {
  const auto first = Start().value();
  options_.listen = {"unix:" + dir_.File("other")};
  const absl::Status second = Start().status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("pid ", getpid())));
}

TEST_F(DaemonTest, RefusesAnOpenAddressBeforeItTouchesTheDataFolder) {
  options_.listen = {"0.0.0.0:0"};
  EXPECT_EQ(Start().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(options_.data_folder));
}

TEST_F(DaemonTest, LetsARunningJobFinishWithinTheGrace) {
  absl::Notification begun, go_on;
  WorkerDoes([&](FakeChild& child, const auto&) {
    begun.Notify();
    go_on.WaitForNotification();
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  auto daemon = Start().value();
  ASSERT_TRUE(Submit("a").ok());
  begun.WaitForNotification();
  Terminate();
  std::thread runner([&] { daemon->RunUntilStopped(); });
  while (Submit("late").error_code() != grpc::StatusCode::UNAVAILABLE) std::this_thread::yield();
  go_on.Notify();
  runner.join();
  daemon = nullptr;
  EXPECT_EQ(StateAfterwards("a"), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(DaemonTest, EndsARunningJobWhenTheGraceIsOver) {
  options_.grace = absl::ZeroDuration();
  absl::Notification begun;
  WorkerDoes([&](FakeChild& child, const auto&) {
    begun.Notify();
    child.Hang();
    return ExitsWith(0);
  });
  auto daemon = Start().value();
  ASSERT_TRUE(Submit("a").ok());
  begun.WaitForNotification();
  Terminate();
  daemon->RunUntilStopped();
  daemon = nullptr;
  EXPECT_EQ(StateAfterwards("a"), v1::JOB_STATE_INTERRUPTED);
}

TEST_F(DaemonTest, ExitsByItselfWhenNobodyNeedsIt) {
  options_.exit_when_idle = absl::Milliseconds(20);
  Start().value()->RunUntilStopped();
  SUCCEED() << "it came back";
}

TEST_F(DaemonTest, TellsSystemdThatItIsReadyAliveAndStopping) {
  NotifySocket systemd(dir_.File("notify"));
  setenv("WATCHDOG_USEC", "200000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const auto daemon = Start().value();
  EXPECT_EQ(systemd.Next(), "READY=1");
  std::thread runner([&] { daemon->RunUntilStopped(); });
  EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
  EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
  Terminate();
  std::string last;
  while ((last = systemd.Next()) == "WATCHDOG=1") {
  }
  EXPECT_EQ(last, "STOPPING=1");
  runner.join();
}

}  // namespace
}  // namespace edgebench::agent
