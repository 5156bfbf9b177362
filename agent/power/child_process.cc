#include "agent/power/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/wakeup.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr absl::Duration kReapPeriod = absl::Milliseconds(2);
// Above what stays free for a job's own use, below the measured work.
constexpr int kNice = 10;

std::string EndInWords(int status) {
  if (WIFSIGNALED(status)) return absl::StrCat("signal ", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : absl::StrCat("exit code ", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "making a pipe");
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  const auto destroy = absl::MakeCleanup([&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  });
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("running ", argv[0]));
  setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kNice);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, std::move(read_end)));
}

ChildProcess::~ChildProcess() {
  if (end_) return;  // reaped: the number may be another's
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::optional<std::string> ChildProcess::AwaitEnd(absl::Duration timeout) {
  const absl::Time latest = absl::Now() + timeout;
  while (!end_) {
    // Seen but not reaped, so that the group's number is still the child's.
    siginfo_t info = {};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid_) {
      kill(-pid_, SIGKILL);  // what it has left behind
      int status = 0;
      waitpid(pid_, &status, 0);
      end_ = EndInWords(status);
    } else if (absl::Now() >= latest) {
      return std::nullopt;
    } else {
      absl::SleepFor(kReapPeriod);
    }
  }
  return end_;
}

absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& argv, absl::Duration timeout,
                                     size_t max_bytes) {
  const absl::Time latest = absl::Now() + timeout;
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<ChildProcess> child, ChildProcess::Start(argv));
  const auto late = [&] {
    return absl::DeadlineExceededError(
        absl::StrCat(argv[0], " was not done in ", absl::FormatDuration(timeout)));
  };
  std::string output;
  char buffer[4096];
  while (true) {
    pollfd fd = {child->output_fd(), POLLIN, 0};
    const int ready = poll(&fd, 1, PollTimeout(latest - absl::Now()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return late();
    const ssize_t got = read(child->output_fd(), buffer, sizeof buffer);
    if (got == 0) break;
    if (got < 0) return ErrnoStatus(errno, absl::StrCat("reading what ", argv[0], " writes"));
    output.append(buffer, static_cast<size_t>(got));
    if (output.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(argv[0], " wrote more than ", max_bytes, " bytes"));
    }
  }
  const auto end = child->AwaitEnd(std::max(latest - absl::Now(), absl::ZeroDuration()));
  if (!end) return late();
  if (!end->empty()) return absl::InternalError(absl::StrCat(argv[0], " ended with ", *end));
  return output;
}

}  // namespace edgebench::agent
