// What every ProcessLauncher promises, held against the real one and the fake;
// then what only the real one can promise.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/posix_process_launcher.h"
#include "agent/process_launcher.h"
#include "common/file.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kMissing[] = "/nonexistent/program";

// The fake's side of tests/contract/launched_child.cc.
std::unique_ptr<ProcessLauncher> MakeFake() {
  auto launcher = std::make_unique<FakeProcessLauncher>();
  launcher->SetMissing(kMissing);
  launcher->Define("echo", [](FakeChild& child, const auto&) {
    char byte = 0;
    while (read(child.request_fd(), &byte, 1) == 1) {
      if (write(child.message_fd(), &byte, 1) != 1) return ExitsWith(1);
    }
    return ExitsWith(0);
  });
  launcher->Define("exit",
                   [](FakeChild&, const auto& argv) { return ExitsWith(std::stoi(argv[2])); });
  launcher->Define("die", [](FakeChild&, const auto& argv) { return DiesOf(std::stoi(argv[2])); });
  launcher->Define("log", [](FakeChild& child, const auto& argv) {
    for (int line = 0; line < std::stoi(argv[2]); ++line)
      child.Log(absl::StrCat("line ", line, "\n"));
    return ExitsWith(0);
  });
  launcher->Define("hang", [](FakeChild& child, const auto&) {
    child.Hang();
    return ExitsWith(0);
  });
  return launcher;
}

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<ProcessLauncher>()> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

class ProcessLauncherContract : public ::testing::TestWithParam<Implementation> {
 protected:
  ProcessLauncherContract() { signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<Process> Launch(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LAUNCHED_CHILD);
    auto process = launcher_->Launch(arguments, {});
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }

  const std::unique_ptr<ProcessLauncher> launcher_ = GetParam().make();
};

TEST_P(ProcessLauncherContract, CarriesRequestsInAndMessagesOut) {
  const auto process = Launch({"echo"});
  ASSERT_EQ(write(process->request_fd(), "hello", 5), 5);
  process->CloseRequests();
  std::string answer;
  char buffer[16];
  for (ssize_t n = 0; (n = read(process->message_fd(), buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  EXPECT_EQ(answer, "hello");
  EXPECT_EQ(process->Wait().code, 0);
}

TEST_P(ProcessLauncherContract, TellsTheExitCode) {
  const ExitStatus status = Launch({"exit", "7"})->Wait();
  EXPECT_EQ(status.code, 7);
  EXPECT_EQ(status.signal, std::nullopt);
}

TEST_P(ProcessLauncherContract, TellsTheSignalThatEndedTheChild) {
  const ExitStatus status = Launch({"die", std::to_string(SIGSEGV)})->Wait();
  EXPECT_EQ(status.code, std::nullopt);
  EXPECT_EQ(status.signal, SIGSEGV);
}

TEST_P(ProcessLauncherContract, AnswersWaitAgainWithTheSame) {
  const auto process = Launch({"exit", "3"});
  EXPECT_EQ(process->Wait().code, 3);
  EXPECT_EQ(process->Wait().code, 3);
}

TEST_P(ProcessLauncherContract, EndsTheMessagesWhenTheChildEnds) {
  const auto process = Launch({"exit", "0"});
  char byte = 0;
  EXPECT_EQ(read(process->message_fd(), &byte, 1), 0);
}

TEST_P(ProcessLauncherContract, KillsAChildThatHangs) {
  const auto process = Launch({"hang"});
  EXPECT_FALSE(process->HasEnded());
  std::thread killer([&] { process->Kill(); });
  EXPECT_EQ(process->Wait().signal, SIGKILL);
  killer.join();
}

TEST_P(ProcessLauncherContract, TakesAKillAfterTheEndCalmly) {
  const auto process = Launch({"exit", "0"});
  process->Wait();
  process->Kill();
  EXPECT_EQ(process->Wait().code, 0);
}

TEST_P(ProcessLauncherContract, SaysThatTheChildHasEndedWithoutWaiting) {
  const auto process = Launch({"exit", "0"});
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!process->HasEnded() && absl::Now() < limit) std::this_thread::yield();
  EXPECT_TRUE(process->HasEnded());
  EXPECT_EQ(process->Wait().code, 0);
  EXPECT_TRUE(process->HasEnded());
}

TEST_P(ProcessLauncherContract, KillsWhatStillRunsWhenTheHandleGoes) {
  auto process = Launch({"hang"});
  const UniqueFd messages(dup(process->message_fd()));
  process = nullptr;
  pollfd end{messages.get(), POLLIN, 0};
  ASSERT_EQ(poll(&end, 1, /*timeout=*/0), 1) << "nobody holds the other end any more";
  char byte = 0;
  EXPECT_EQ(read(messages.get(), &byte, 1), 0);
}

TEST_P(ProcessLauncherContract, KeepsAShortLogWhole) {
  const auto process = Launch({"log", "2"});
  process->Wait();
  EXPECT_EQ(process->LogTail(), "line 0\nline 1\n");
}

TEST_P(ProcessLauncherContract, KeepsTheEndOfALongLogAndNeverBlocksTheChild) {
  const auto process = Launch({"log", "100000"});
  EXPECT_EQ(process->Wait().code, 0);
  EXPECT_LE(process->LogTail().size(), kLogTailBytes);
  EXPECT_THAT(process->LogTail(), EndsWith("line 99998\nline 99999\n"));
}

TEST_P(ProcessLauncherContract, FindsNoProgramThatIsNotThere) {
  EXPECT_EQ(launcher_->Launch({kMissing}, {}).status().code(), absl::StatusCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ProcessLauncherContract,
    ::testing::Values(Implementation{"Posix",
                                     [] { return std::make_unique<PosixProcessLauncher>(); }},
                      Implementation{"Fake", MakeFake}),
    [](const auto& tested) { return std::string(tested.param.name); });

std::unique_ptr<Process> LaunchReal(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), LAUNCHED_CHILD);
  return PosixProcessLauncher().Launch(arguments, {}).value();
}

// Lets a child go on that has said it is set up.
void LetGo(Process& process) {
  char byte = 0;
  ASSERT_EQ(read(process.message_fd(), &byte, 1), 1);
  ASSERT_EQ(write(process.request_fd(), &byte, 1), 1);
}

TEST(PosixProcessLauncher, GivesTheChildNothingButItsFiveDescriptors) {
  const int leaked = dup(STDERR_FILENO);  // not close-on-exec, as a library might do it
  const auto process = LaunchReal({"descriptors"});
  process->Wait();
  close(leaked);
  EXPECT_EQ(process->LogTail(), "0 1 2 3 4\n");
}

TEST(PosixProcessLauncher, LeadsAGroupAndIsExpendableAndDumpsNoCore) {
  const auto process = LaunchReal({"state"});
  LetGo(*process);
  process->Wait();
  EXPECT_THAT(process->LogTail(), HasSubstr("leads its group: 1\n"));
  EXPECT_THAT(process->LogTail(), HasSubstr("core limit: 0\n"));
  EXPECT_THAT(process->LogTail(), HasSubstr("oom_score_adj: 1000\n"));
}

TEST(PosixProcessLauncher, GivesTheChildDefaultSignalsWhateverTheParentBlocks) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  signal(SIGPIPE, SIG_IGN);
  const auto process = LaunchReal({"state"});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  LetGo(*process);
  process->Wait();
  EXPECT_THAT(process->LogTail(), HasSubstr("SIGTERM blocked: 0\n"));
  EXPECT_THAT(process->LogTail(), HasSubstr("SIGPIPE ignored: 0\n"));
}

TEST(PosixProcessLauncher, KeepsSystemdsSocketFromTheChildAndNothingElse) {
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  setenv("OMP_NUM_THREADS", "3", 1);
  const auto process = PosixProcessLauncher().Launch(
      {"/bin/sh", "-c", "echo \"$NOTIFY_SOCKET|$OMP_NUM_THREADS\" >&2"}, {});
  unsetenv("NOTIFY_SOCKET");
  unsetenv("OMP_NUM_THREADS");
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->Wait().code, 0);
  EXPECT_EQ((*process)->LogTail(), "|3\n");
}

TEST(PosixProcessLauncher, GivesTheChildAnEnvironmentInPlaceOfTheAgents) {
  setenv("OMP_NUM_THREADS", "3", 1);
  const auto process = PosixProcessLauncher().Launch(
      {"/bin/sh", "-c", "echo \"$OMP_NUM_THREADS|$ADDED|$OMP_NUM\" >&2"},
      {"OMP_NUM_THREADS=4", "ADDED=yes"});
  unsetenv("OMP_NUM_THREADS");
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->Wait().code, 0);
  EXPECT_EQ((*process)->LogTail(), "4|yes|\n");
}

TEST(PosixProcessLauncher, LimitsWhatTheChildMapsButNotWhatItHadMappedBefore) {
  const auto process = LaunchReal({"map"});
  char byte = 0;
  ASSERT_EQ(read(process->message_fd(), &byte, 1), 1);
  ASSERT_TRUE(process->SetMemoryLimit(64 << 20).ok());
  ASSERT_EQ(write(process->request_fd(), &byte, 1), 1);
  process->Wait();
  EXPECT_EQ(process->LogTail(), "256 MiB before: 1, 32 MiB after: 1, 128 MiB after: 0\n");
}

TEST(PosixProcessLauncher, LeavesNoProcessBehindWhenTheHandleGoes) {
  auto process = LaunchReal({"hang"});
  const pid_t pid = process->pid();
  EXPECT_EQ(kill(pid, 0), 0);
  process = nullptr;
  EXPECT_EQ(kill(pid, 0), -1) << "it was killed, and reaped";
}

TEST(PosixProcessLauncher, InventsNoExitCodeWhenSomeoneElseReapsTheChild) {
  const auto before = signal(SIGCHLD, SIG_IGN);  // the kernel then does
  const auto process = LaunchReal({"exit", "7"});
  const ExitStatus status = process->Wait();
  signal(SIGCHLD, before);
  EXPECT_EQ(status.code, std::nullopt);
  EXPECT_EQ(status.signal, std::nullopt);
  EXPECT_TRUE(process->HasEnded());
}

TEST(PosixProcessLauncher, EndsGrandchildrenThatHoldTheLogOpen) {
  const auto process = LaunchReal({"orphan"});
  EXPECT_EQ(process->Wait().code, 0);  // would hang if the grandchild lived on
  EXPECT_THAT(process->LogTail(), HasSubstr("left one behind\n"));
}

TEST(PosixProcessLauncher, MeasuresThePeakOfTheChildsMemory) {
  const ExitStatus status = LaunchReal({"allocate", std::to_string(64 << 20)})->Wait();
  EXPECT_EQ(status.code, 0);
  EXPECT_GE(status.peak_rss_bytes.value_or(0), 64 << 20);
  EXPECT_LT(status.peak_rss_bytes.value_or(0), 512 << 20);
}

TEST(PosixProcessLauncher, RefusesAProgramThatMayNotBeExecuted) {
  EXPECT_EQ(PosixProcessLauncher().Launch({"/etc/passwd"}, {}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace edgebench::agent
