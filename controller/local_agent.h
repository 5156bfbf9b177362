#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace edgebench::controller {

// Where the agent of `local` listens and lives.
struct LocalAgent {
  std::string socket_path;
  std::string data_folder;
  // The program; empty: EDGEBENCH_AGENT, else beside this program, else on PATH.
  std::string binary;
  absl::Duration start_timeout = absl::Seconds(30);
};

// Whether somebody listens on the socket.
bool IsListening(const std::string& socket_path);

// Starts the agent of `local` unless it runs. It outlives this program, in a
// session of its own, and ends when it has been idle for ten minutes. Of
// several controllers that do this at once, one starts it and the rest wait.
//   NOT_FOUND           no agent program; names the places looked at
//   UNAVAILABLE         it ended at once, or does not listen in time; with the
//                       end of its log
absl::Status EnsureRunning(const LocalAgent& agent);

// The program that EnsureRunning starts.
absl::StatusOr<std::string> FindAgentBinary();

}  // namespace edgebench::controller
