#include "tests/support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace edgebench {
namespace {

void Check(bool fine, const std::string& what) {
  if (fine) return;
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::abort();
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void Open(int fd, const std::string& path, int flags) {
    posix_spawn_file_actions_addopen(&actions_, fd, path.c_str(), flags, 0600);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// As a user's shell would start it: no signal blocked or ignored, and a session
// of its own, so that a terminal it opens becomes its controlling one.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

UniqueFd OpenTerminal(std::string* name) {
  int parent = -1, child = -1;
  char path[64] = {};
  const winsize size = {24, 100, 0, 0};
  Check(openpty(&parent, &child, path, nullptr, &size) == 0, "openpty");
  close(child);
  Check(fcntl(parent, F_SETFD, FD_CLOEXEC) == 0 && fcntl(parent, F_SETFL, O_NONBLOCK) == 0,
        "fcntl");
  *name = path;
  return UniqueFd(parent);
}

}  // namespace

Subprocess::Subprocess(const Options& options)
    : output_path_(options.output_prefix + ".out"), error_path_(options.output_prefix + ".err") {
  FileActions actions;
  if (options.on_terminal) {
    std::string terminal;
    terminal_ = OpenTerminal(&terminal);
    for (const int fd : {0, 1, 2}) actions.Open(fd, terminal, O_RDWR);
  } else {
    actions.Open(0, "/dev/null", O_RDONLY);
    actions.Open(1, output_path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    actions.Open(2, error_path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  }
  const Attributes attributes;
  errno = posix_spawn(&pid_, options.argv[0].c_str(), actions.get(), attributes.get(),
                      Pointers(options.argv).data(), Pointers(options.environment).data());
  Check(errno == 0, "cannot start " + options.argv[0]);
  pid_fd_.Reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  Check(pid_fd_.valid(), "pidfd_open");
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ended_(other.ended_),
      output_path_(std::move(other.output_path_)),
      error_path_(std::move(other.error_path_)),
      pid_fd_(std::move(other.pid_fd_)),
      terminal_(std::move(other.terminal_)),
      terminal_text_(std::move(other.terminal_text_)) {}

Subprocess::~Subprocess() {
  if (pid_ < 0 || ended_) return;
  Signal(SIGKILL);
  Wait(absl::Seconds(30));
}

std::string Subprocess::output() {
  if (!terminal_.valid()) return ReadFile(output_path_).value_or("");
  DrainTerminal();
  return terminal_text_;
}

std::string Subprocess::errors() const { return ReadFile(error_path_).value_or(""); }

void Subprocess::DrainTerminal() {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(terminal_.get(), buffer, sizeof(buffer))) > 0) {
    terminal_text_.append(buffer, static_cast<size_t>(count));
  }
}

void Subprocess::Type(const std::string& keys) {
  Check(write(terminal_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()),
        "cannot type");
}

void Subprocess::Signal(int signal) const {
  if (!ended_) kill(pid_, signal);
}

std::optional<ExitState> Subprocess::Wait(absl::Duration timeout) {
  if (ended_) return ended_;
  const absl::Time end = absl::Now() + timeout;
  // A terminal that nobody reads stops the program once it is full.
  while (absl::Now() < end) {
    pollfd ready = {pid_fd_.get(), POLLIN, 0};
    const bool slice = terminal_.valid();
    const absl::Duration left = slice ? absl::Milliseconds(20) : end - absl::Now();
    poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(left) + 1));
    if (slice) DrainTerminal();
    if (ready.revents != 0) break;
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  ended_ = ExitState{WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  return ended_;
}

bool Subprocess::Has(const std::string& text) {
  return output().find(text) != std::string::npos || errors().find(text) != std::string::npos;
}

bool Subprocess::WaitForText(const std::string& text, absl::Duration timeout) {
  return Eventually(timeout, [&] { return Has(text) || Wait(absl::ZeroDuration()).has_value(); }) &&
         Has(text);
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  const std::string tasks = absl::StrCat("/proc/", parent, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    std::ifstream file(task.path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

std::string ProgramOf(pid_t pid) {
  std::error_code ignored;
  return std::filesystem::read_symlink(absl::StrCat("/proc/", pid, "/exe"), ignored)
      .filename()
      .string();
}

}  // namespace edgebench
