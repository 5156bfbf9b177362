#include "controller/local_agent.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "controller/address.h"
#include "controller/exit_code.h"

extern char** environ;

namespace edgebench::controller {
namespace {

constexpr char kProgram[] = "edgebench-agent";
constexpr absl::Duration kPollInterval = absl::Milliseconds(20);
constexpr size_t kLogTailBytes = 2000;

bool IsExecutable(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

std::string BesideThisProgram() {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return (self.parent_path() / kProgram).string();
}

// What the agent wrote since `offset`, at most the last lines of it.
std::string LogTail(const std::string& path, off_t offset) {
  const absl::StatusOr<std::string> log = ReadFile(path);
  if (!log.ok()) return "";
  const size_t start = std::max(std::min(static_cast<size_t>(offset), log->size()),
                                log->size() - std::min(log->size(), kLogTailBytes));
  return std::string(absl::StripAsciiWhitespace(absl::string_view(*log).substr(start)));
}

// Holds the lock that lets one controller at a time start the agent.
absl::StatusOr<UniqueFd> LockStart(const LocalAgent& agent) {
  const std::string path = agent.data_folder + "/start.lock";
  UniqueFd lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return WithExitCode(ErrnoStatus(errno, path), ExitCode::kUsage);
  const absl::Time deadline = absl::Now() + agent.start_timeout;
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return WithExitCode(ErrnoStatus(errno, path), ExitCode::kUsage);
    if (absl::Now() > deadline) {
      return absl::UnavailableError(
          absl::StrCat("another edgebench has been starting the agent of 'local' for ",
                       absl::FormatDuration(agent.start_timeout), "; it holds ", path));
    }
    absl::SleepFor(kPollInterval);
  }
  return lock;
}

absl::StatusOr<pid_t> Spawn(const std::string& binary, const std::vector<std::string>& arguments,
                            int log_fd) {
  std::vector<char*> argv = {const_cast<char*>(binary.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  absl::Cleanup release = [&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  };
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, log_fd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, log_fd, STDERR_FILENO);
  // It must not keep the caller's folder busy, which may be on a stick.
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  // A session of its own: Ctrl-C and a closing terminal are not for the agent.
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, binary.c_str(), &actions, &attributes, argv.data(), environ);
  if (error != 0) return ErrnoStatus(error, binary);
  return pid;
}

absl::Status DidNotStart(absl::string_view how, const std::string& log_path, off_t offset) {
  const std::string tail = LogTail(log_path, offset);
  return absl::UnavailableError(absl::StrCat("the agent of 'local' ", how, "; its log is ",
                                             log_path, tail.empty() ? "" : ":\n", tail));
}

absl::Status WaitUntilListening(const LocalAgent& agent, pid_t pid, const std::string& log_path,
                                off_t log_offset) {
  const absl::Time deadline = absl::Now() + agent.start_timeout;
  while (!IsListening(agent.socket_path)) {
    int state = 0;
    if (waitpid(pid, &state, WNOHANG) == pid) {
      if (IsListening(agent.socket_path)) break;  // another one was faster
      const std::string how = WIFEXITED(state)
                                  ? absl::StrCat("ended with exit code ", WEXITSTATUS(state))
                                  : absl::StrCat("was ended by ", strsignal(WTERMSIG(state)));
      return DidNotStart(how, log_path, log_offset);
    }
    if (absl::Now() > deadline) {
      return DidNotStart(absl::StrCat("(pid ", pid, ") does not answer within ",
                                      absl::FormatDuration(agent.start_timeout)),
                         log_path, log_offset);
    }
    absl::SleepFor(kPollInterval);
  }
  return absl::OkStatus();
}

}  // namespace

bool IsListening(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd.valid() &&
         connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

absl::StatusOr<std::string> FindAgentBinary() {
  if (const char* chosen = std::getenv("EDGEBENCH_AGENT"); chosen != nullptr && *chosen != '\0') {
    if (IsExecutable(chosen)) return std::string(chosen);
    return absl::NotFoundError(
        absl::StrCat("EDGEBENCH_AGENT names ", chosen, ", which is no program"));
  }
  std::vector<std::string> places = {BesideThisProgram()};
  const char* path = std::getenv("PATH");
  for (absl::string_view folder :
       absl::StrSplit(path != nullptr ? path : "", ':', absl::SkipEmpty()))
    places.push_back(absl::StrCat(folder, "/", kProgram));
  for (const std::string& place : places)
    if (IsExecutable(place)) return place;
  return absl::NotFoundError(absl::StrCat("found no ", kProgram, " beside this program (",
                                          places.front(),
                                          ") or on PATH; EDGEBENCH_AGENT may name it"));
}

absl::Status EnsureRunning(const LocalAgent& given) {
  // It runs in another folder than this program.
  LocalAgent agent = given;
  agent.socket_path = std::filesystem::absolute(agent.socket_path).string();
  agent.data_folder = std::filesystem::absolute(agent.data_folder).string();
  // The system's limit on the length of socket paths would otherwise look like a silent agent.
  EDGEBENCH_RETURN_IF_ERROR(NormalizeAddress("unix:" + agent.socket_path).status());
  if (IsListening(agent.socket_path)) return absl::OkStatus();
  EDGEBENCH_RETURN_IF_ERROR(WithExitCode(MakeDirectories(agent.data_folder), ExitCode::kUsage));
  EDGEBENCH_RETURN_IF_ERROR(
      WithExitCode(MakeDirectories(std::filesystem::path(agent.socket_path).parent_path().string()),
                   ExitCode::kUsage));
  EDGEBENCH_ASSIGN_OR_RETURN(const UniqueFd lock, LockStart(agent));
  if (IsListening(agent.socket_path)) return absl::OkStatus();

  std::string binary = agent.binary;
  if (binary.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(binary, FindAgentBinary());
  }
  binary = std::filesystem::absolute(binary).string();
  const std::string log_path = agent.data_folder + "/agent.log";
  const UniqueFd log(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.valid()) return WithExitCode(ErrnoStatus(errno, log_path), ExitCode::kUsage);
  const off_t log_offset = lseek(log.get(), 0, SEEK_END);
  EDGEBENCH_ASSIGN_OR_RETURN(
      const pid_t pid, Spawn(binary,
                             {"--listen", "unix:" + agent.socket_path, "--data", agent.data_folder,
                              "--name", "local", "--exit-when-idle", "10min"},
                             log.get()));
  return WaitUntilListening(agent, pid, log_path, log_offset);
}

}  // namespace edgebench::controller
