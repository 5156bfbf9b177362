#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/power/power_choice.h"

namespace edgebench::agent {

// What the daemon was told, with defaults filled in and units resolved.
struct Options {
  std::vector<std::string> listen;  // "unix:PATH" or "HOST:PORT"
  std::string data_folder;
  std::string name;  // empty: the host's name
  bool insecure = false;
  int64_t cache_bytes = 0;
  int64_t job_memory_bytes = 0;
  absl::Duration keep_worker;
  absl::Duration exit_when_idle;  // zero: never
  absl::Duration grace;
  int64_t max_queued = 0;
  std::string worker_path;  // absolute
  PowerChoice power;
  absl::Duration power_idle;  // zero: never
};

// What the command line asks for: to run, or to print something and exit.
struct CommandLine {
  Options options;
  std::string text;    // --help, --version, or what is wrong
  int exit_code = -1;  // -1: run
};

// Reads flags and the file that --config names. Usage errors have exit code 2
// and a text that names the flag, what was given and what is allowed.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace edgebench::agent
