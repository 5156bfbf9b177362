#pragma once

#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace edgebench {

// A program that has ended, and what it said.
struct Finished {
  int exit_code = -1;  // -1: a signal ended it, or it had to be killed
  std::string out, err;

  // The document on stdout; a null value, and a failure, when there is none.
  nlohmann::json Json() const;
};

// A running edgebench-agent.
class AgentProcess {
 public:
  AgentProcess(Subprocess process, std::string address);

  pid_t pid() const { return process_.pid(); }
  const std::string& address() const { return address_; }  // the first it listens on
  Subprocess& process() { return process_; }

  // Its worker that is idle or runs a job; -1 when there is none in that time.
  pid_t WaitForWorker(absl::Duration timeout) const;

  void Kill() {
    process_.Signal(SIGKILL);
    process_.Wait(absl::Seconds(30));
  }

 private:
  Subprocess process_;
  std::string address_;
};

// The home of a user who has just installed edgebench: folders of his own, and
// the three programs. Whatever was started here is ended, by its pid, with it.
class Workbench {
 public:
  Workbench();
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  const std::string& folder() const { return home_.path(); }
  std::string File(const std::string& name) const { return home_.File(name); }
  std::string LocalSocket() const { return home_.File("run/edgebench/agent.sock"); }
  std::string LocalData() const { return home_.File("share/edgebench/agent"); }
  std::string Database() const { return home_.File("share/edgebench/results.db"); }

  // Starts an agent and waits until it is ready. Without --listen it is that of
  // `local`, without --data it has the folder of `local`.
  std::unique_ptr<AgentProcess> StartAgent(std::vector<std::string> flags = {});
  // Without waiting: for those that must not start.
  Subprocess LaunchAgent(std::vector<std::string> flags);

  Finished Run(std::vector<std::string> arguments, absl::Duration timeout = absl::Minutes(2));
  Subprocess Start(std::vector<std::string> arguments, bool on_terminal = false);

  // As Run, by a user who may write only where permissions allow it, also when root runs the tests.
  Finished RunAsOrdinaryUser(std::vector<std::string> arguments);
  // A line of the shell, in which the programs are found.
  Finished RunInShell(const std::string& line);

  // The state of the newest job as `job list` says it, which stores what waits;
  // "" without jobs.
  std::string NewestJobState();
  // False when the newest job is not seen in that state for a minute.
  bool WaitForNewestJob(const std::string& state);

  // One cell of SQL, asked of the database with a connection of its own. What
  // SQLite says instead, when there is no database or no such table yet.
  std::string Ask(const std::string& sql) const;
  // The same of the journal of the agent of `local`.
  std::string AskJournal(const std::string& sql) const;

 private:
  Subprocess Launch(const std::string& program, std::vector<std::string> arguments,
                    bool on_terminal);
  // `name` is that of the files of its output.
  Subprocess LaunchCommand(const std::string& name, std::vector<std::string> argv,
                           bool on_terminal);
  void EndLocalAgent();

  TempDir home_;
  int launched_ = 0;
};

}  // namespace edgebench
