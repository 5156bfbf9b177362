#include <iostream>
#include <memory>
#include <string>

#include "agent/daemon.h"
#include "agent/free_memory.h"
#include "agent/options.h"
#include "agent/posix_process_launcher.h"
#include "common/clock.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsageError = 2;

void LogToStderr() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("edgebench-agent"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

int ExitCode(const absl::Status& status) {
  const bool usage = absl::IsInvalidArgument(status);
  return usage ? kUsageError : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace edgebench;
  const agent::CommandLine line = agent::ParseCommandLine(argc, argv);
  if (line.exit_code >= 0) {
    (line.exit_code == 0 ? std::cout : std::cerr) << line.text;
    return line.exit_code;
  }
  agent::UseLittleMemory();
  LogToStderr();
  RealClock clock;
  agent::PosixProcessLauncher launcher;
  auto daemon = agent::Daemon::Start(line.options, launcher, clock);
  if (!daemon.ok()) {
    std::cerr << "edgebench-agent: " << daemon.status().message() << "\n";
    return ExitCode(daemon.status());
  }
  (*daemon)->RunUntilStopped();
  return 0;
}
