#include "agent/posix_process_launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/log_tail.h"
#include "common/file.h"
#include "common/proc_text.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr int kRequestFd = 3;
constexpr int kMessageFd = 4;
// Above every descriptor that is set up in the child, so that no dup2 there
// overwrites one that is still needed.
constexpr int kFirstFreeFd = 10;

struct Pipe {
  UniqueFd read_end, write_end;
};

absl::StatusOr<UniqueFd> MoveUp(UniqueFd fd) {
  UniqueFd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstFreeFd));
  if (!moved.valid()) return ErrnoStatus(errno, "duplicating a pipe");
  return moved;
}

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "making a pipe");
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  Pipe pipe;
  EDGEBENCH_ASSIGN_OR_RETURN(pipe.read_end, MoveUp(std::move(read_end)));
  EDGEBENCH_ASSIGN_OR_RETURN(pipe.write_end, MoveUp(std::move(write_end)));
  return pipe;
}

class FileActions {
 public:
  FileActions(int requests, int messages, int log) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, log, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, requests, kRequestFd);
    posix_spawn_file_actions_adddup2(&actions_, messages, kMessageFd);
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    // Everything of ours is close-on-exec already; a library's may not be.
    posix_spawn_file_actions_addclosefrom_np(&actions_, kMessageFd + 1);
#endif
#endif
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

absl::Status LimitResource(pid_t pid, __rlimit_resource resource, rlim_t value) {
  const rlimit limit{value, value};
  if (prlimit(pid, resource, &limit, nullptr) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("limiting process ", pid));
}

// Both only make things better for the rest of the device: where the kernel
// or a container forbids them the job runs all the same.
void MakeExpendable(pid_t pid) {
  LimitResource(pid, RLIMIT_CORE, 0).IgnoreError();
  const UniqueFd file(
      open(absl::StrCat("/proc/", pid, "/oom_score_adj").c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return;
  [[maybe_unused]] const ssize_t written = write(file.get(), "1000", 4);
}

// Bytes that a process has mapped privately and not touched. RLIMIT_DATA counts
// those too, and a BLAS library maps hundreds of megabytes for its threads.
int64_t UntouchedBytes(pid_t pid) {
  const std::string status = ReadFile(absl::StrCat("/proc/", pid, "/status")).value_or("");
  const int64_t mapped = ProcBytes(status, "VmData:").value_or(0);
  return std::max<int64_t>(0, mapped - ProcBytes(status, "RssAnon:").value_or(0));
}

class PosixProcess final : public Process {
 public:
  PosixProcess(pid_t pid, UniqueFd requests, UniqueFd messages, UniqueFd log)
      : pid_(pid),
        requests_(std::move(requests)),
        messages_(std::move(messages)),
        log_(std::move(log), kLogTailBytes) {}

  ~PosixProcess() override {
    Kill();
    Wait();
  }

  pid_t pid() const override { return pid_; }
  int request_fd() const override { return requests_.get(); }
  int message_fd() const override { return messages_.get(); }
  void CloseRequests() override { requests_.Reset(); }
  std::string LogTail() const override { return log_.Text(); }

  absl::Status SetMemoryLimit(int64_t bytes) override {
    return LimitResource(pid_, RLIMIT_DATA, static_cast<rlim_t>(bytes + UntouchedBytes(pid_)));
  }

  void Kill() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    // Once reaped, the number may belong to someone else.
    if (!reaped_) kill(-pid_, SIGKILL);
  }

  bool HasEnded() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (reaped_) return true;
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      return errno == ECHILD;  // someone else reaped it
    }
    return info.si_pid == pid_;
  }

  ExitStatus Wait() override ABSL_LOCKS_EXCLUDED(mutex_) {
    // Waits without reaping, so that until Reap holds the lock the process
    // number and its group stay ours.
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    Reap();
    log_.WaitForEnd();
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  void Reap() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (reaped_) return;
    // Children the worker left behind would hold the log open, and the device busy.
    kill(-pid_, SIGKILL);
    int word = 0;
    rusage usage{};
    pid_t waited = 0;
    do {
      waited = wait4(pid_, &word, 0, &usage);
    } while (waited < 0 && errno == EINTR);
    reaped_ = true;
    if (waited != pid_) return;  // someone else reaped it: how it ended is not known
    if (WIFSIGNALED(word)) {
      status_.signal = WTERMSIG(word);
    } else {
      status_.code = WEXITSTATUS(word);
    }
    status_.peak_rss_bytes = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  }

  const pid_t pid_;
  UniqueFd requests_, messages_;
  agent::LogTail log_;
  absl::Mutex mutex_;
  bool reaped_ ABSL_GUARDED_BY(mutex_) = false;
  ExitStatus status_ ABSL_GUARDED_BY(mutex_);
};

bool IsReplaced(const char* variable, const std::vector<std::string>& additions) {
  return std::any_of(additions.begin(), additions.end(), [&](const std::string& addition) {
    return absl::StartsWith(variable, addition.substr(0, addition.find('=') + 1));
  });
}

// Ours, without systemd's socket: a worker is nobody to say how the daemon is.
std::vector<char*> EnvironmentForChild(const std::vector<std::string>& additions) {
  std::vector<char*> variables;
  for (const std::string& addition : additions)
    variables.push_back(const_cast<char*>(addition.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, "NOTIFY_SOCKET=") && !IsReplaced(*variable, additions))
      variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> PosixProcessLauncher::Launch(
    const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  if (argv.empty()) return absl::InvalidArgumentError("no program to start");
  EDGEBENCH_ASSIGN_OR_RETURN(Pipe requests, MakePipe());
  EDGEBENCH_ASSIGN_OR_RETURN(Pipe messages, MakePipe());
  EDGEBENCH_ASSIGN_OR_RETURN(Pipe log, MakePipe());

  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const FileActions actions(requests.read_end.get(), messages.write_end.get(), log.write_end.get());
  const SpawnAttributes attributes;
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0].c_str(), actions.get(), attributes.get(),
                                arguments.data(), EnvironmentForChild(environment).data());
  if (error != 0) return ErrnoStatus(error, absl::StrCat("starting ", argv[0]));
  MakeExpendable(pid);
  // Until the daemon's copies of the child's ends are closed, no end of file is seen.
  log.write_end.Reset();
  return std::unique_ptr<Process>(std::make_unique<PosixProcess>(
      pid, std::move(requests.write_end), std::move(messages.read_end), std::move(log.read_end)));
}

}  // namespace edgebench::agent
