#include "tests/support/workbench.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace edgebench {
namespace {

namespace fs = std::filesystem;

constexpr char kReady[] = "edgebench-agent ready on ";

bool Names(const std::vector<std::string>& flags, const std::string& flag) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

// "unix:/a 127.0.0.1:5" of the line that says so.
std::string FirstAddress(const std::string& log) {
  const size_t start = log.find(kReady) + sizeof(kReady) - 1;
  const size_t end = log.find_first_of(" \n", start);
  return log.substr(start, end - start);
}

std::string AskFile(const std::string& path, const std::string& sql) {
  try {
    SQLite::Database connection(path, SQLite::OPEN_READONLY, 5'000);
    const SQLite::Column column = connection.execAndGet(sql);
    return column.isNull() ? "NULL" : column.getString();
  } catch (const SQLite::Exception& error) {
    return error.what();
  }
}

Finished WaitForEnd(Subprocess& process, absl::Duration timeout) {
  const auto state = process.Wait(timeout);
  if (!state) ADD_FAILURE() << "it did not end in time:\n" << process.errors();
  return {state ? state->code : -1, process.output(), process.errors()};
}

}  // namespace

nlohmann::json Finished::Json() const {
  nlohmann::json document = nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false);
  if (!document.is_discarded()) return document;
  ADD_FAILURE() << "stdout is no JSON document:\n" << out << "\nstderr:\n" << err;
  return nullptr;
}

AgentProcess::AgentProcess(Subprocess process, std::string address)
    : process_(std::move(process)), address_(std::move(address)) {}

pid_t AgentProcess::WaitForWorker(absl::Duration timeout) const {
  pid_t worker = -1;
  Eventually(timeout, [&] {
    for (const pid_t child : ChildrenOf(pid())) {
      if (ProgramOf(child) == "edgebench-worker") worker = child;
    }
    return worker > 0;
  });
  return worker;
}

Workbench::Workbench() {
  for (const char* folder : {"run", "share"}) fs::create_directory(home_.File(folder));
}

Workbench::~Workbench() { EndLocalAgent(); }

// The controller starts the agent of `local` in a session of its own; its pid
// stands in its lock file.
void Workbench::EndLocalAgent() {
  int pid = 0;
  const std::string text = ReadFile(LocalData() + "/lock").value_or("");
  if (!absl::SimpleAtoi(text, &pid) || ProgramOf(pid) != "edgebench-agent") return;
  kill(pid, SIGKILL);
  Eventually(absl::Seconds(10), [pid] { return ProgramOf(pid) != "edgebench-agent"; });
}

Subprocess Workbench::Launch(const std::string& program, std::vector<std::string> arguments,
                             bool on_terminal) {
  arguments.insert(arguments.begin(), absl::StrCat(EDGEBENCH_BIN_DIR, "/", program));
  return LaunchCommand(program, std::move(arguments), on_terminal);
}

Subprocess Workbench::LaunchCommand(const std::string& name, std::vector<std::string> argv,
                                    bool on_terminal) {
  Subprocess::Options options;
  options.argv = std::move(argv);
  options.environment = {absl::StrCat("HOME=", home_.path()),
                         absl::StrCat("XDG_CONFIG_HOME=", home_.File("config")),
                         absl::StrCat("XDG_DATA_HOME=", home_.File("share")),
                         absl::StrCat("XDG_RUNTIME_DIR=", home_.File("run")),
                         "PATH=/usr/bin:/bin",
                         "LC_ALL=C.UTF-8",
                         on_terminal ? "TERM=xterm" : "TERM=dumb"};
  // What a sanitizer is told, with the suppressions for libraries it cannot see into.
  for (const char* const variable : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* const value = std::getenv(variable); value != nullptr) {
      options.environment.push_back(absl::StrCat(variable, "=", value));
    }
  }
  options.output_prefix = home_.File(absl::StrCat(name, "-", ++launched_));
  options.on_terminal = on_terminal;
  return Subprocess(options);
}

Subprocess Workbench::LaunchAgent(std::vector<std::string> flags) {
  if (!Names(flags, "--data")) flags.insert(flags.end(), {"--data", LocalData()});
  if (!Names(flags, "--listen")) {
    flags.insert(flags.end(), {"--listen", absl::StrCat("unix:", LocalSocket())});
  }
  // Should the test program be killed, its agents end by themselves.
  if (!Names(flags, "--exit-when-idle")) flags.insert(flags.end(), {"--exit-when-idle", "5min"});
  return Launch("edgebench-agent", std::move(flags), false);
}

std::unique_ptr<AgentProcess> Workbench::StartAgent(std::vector<std::string> flags) {
  Subprocess process = LaunchAgent(std::move(flags));
  if (!process.WaitForText(kReady, absl::Seconds(60))) {
    ADD_FAILURE() << "the agent is not ready:\n" << process.errors();
    return nullptr;
  }
  std::string address = FirstAddress(process.errors());
  return std::make_unique<AgentProcess>(std::move(process), std::move(address));
}

Subprocess Workbench::Start(std::vector<std::string> arguments, bool on_terminal) {
  return Launch("edgebench", std::move(arguments), on_terminal);
}

Finished Workbench::Run(std::vector<std::string> arguments, absl::Duration timeout) {
  Subprocess process = Start(std::move(arguments));
  return WaitForEnd(process, timeout);
}

Finished Workbench::RunAsOrdinaryUser(std::vector<std::string> arguments) {
  std::vector<std::string> argv = {absl::StrCat(EDGEBENCH_BIN_DIR, "/edgebench")};
  // Root without capabilities, who can still read where the programs were built.
  if (geteuid() == 0) argv.insert(argv.begin(), {"/usr/bin/setpriv", "--bounding-set=-all"});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Subprocess process = LaunchCommand("ordinary", std::move(argv), /*on_terminal=*/false);
  return WaitForEnd(process, absl::Minutes(2));
}

Finished Workbench::RunInShell(const std::string& line) {
  const std::string script = absl::StrCat("PATH='", EDGEBENCH_BIN_DIR, "':$PATH; ", line);
  Subprocess process = LaunchCommand("shell", {"/bin/sh", "-c", script}, /*on_terminal=*/false);
  return WaitForEnd(process, absl::Minutes(2));
}

std::string Workbench::NewestJobState() {
  const nlohmann::json document = Run({"job", "list", "--json"}).Json();
  if (!document.is_object() || document["jobs"].empty()) return "";
  return document["jobs"][0]["state"];
}

bool Workbench::WaitForNewestJob(const std::string& state) {
  return Eventually(absl::Minutes(1), [&] { return NewestJobState() == state; });
}

std::string Workbench::Ask(const std::string& sql) const { return AskFile(Database(), sql); }

std::string Workbench::AskJournal(const std::string& sql) const {
  return AskFile(LocalData() + "/journal.db", sql);
}

}  // namespace edgebench
