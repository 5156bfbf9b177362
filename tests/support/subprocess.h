#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/file.h"

namespace edgebench {

// How a program ended.
struct ExitState {
  int code = -1;   // -1: a signal ended it
  int signal = 0;  // 0: it exited
};

// A child process of a test: started by posix_spawn, stdin from /dev/null or a
// pseudo-terminal, its output in files that can be read while it runs. Killed
// and reaped when the object goes.
class Subprocess {
 public:
  struct Options {
    std::vector<std::string> argv;         // argv[0] is the path of the program
    std::vector<std::string> environment;  // "NAME=VALUE"; the whole environment
    std::string output_prefix;             // files PREFIX.out and PREFIX.err
    // Gives it a pseudo-terminal as controlling terminal, on 0, 1 and 2. What
    // it prints is then all in output().
    bool on_terminal = false;
  };

  // Ends the test program with a message when it cannot be started.
  explicit Subprocess(const Options& options);
  ~Subprocess();
  Subprocess(Subprocess&&) noexcept;
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  std::string output();
  std::string errors() const;

  // Types on the terminal.
  void Type(const std::string& keys);

  void Signal(int signal) const;

  // nullopt: it still runs after that time.
  std::optional<ExitState> Wait(absl::Duration timeout);

  // Until the text stands in output() or errors(). False when the time is over
  // or the program ended without it.
  bool WaitForText(const std::string& text, absl::Duration timeout);

 private:
  void DrainTerminal();
  bool Has(const std::string& text);

  pid_t pid_ = -1;
  std::optional<ExitState> ended_;
  std::string output_path_, error_path_;
  UniqueFd pid_fd_;
  UniqueFd terminal_;
  std::string terminal_text_;
};

// The processes whose parent is `parent`, from /proc.
std::vector<pid_t> ChildrenOf(pid_t parent);

// The name of a process's program, "" when it is gone.
std::string ProgramOf(pid_t pid);

// Asks again and again until the answer is true; false when the time is over.
template <typename Predicate>
bool Eventually(absl::Duration timeout, Predicate predicate) {
  const absl::Time end = absl::Now() + timeout;
  while (!predicate()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace edgebench
