#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/process_launcher.h"

namespace edgebench::agent {

// Starts children with posix_spawn (gRPC forbids a plain fork in a process with
// threads). The child inherits no descriptor but 0 to 4, no blocked and no
// ignored signal; it dumps no core, and is the first that the kernel's
// out-of-memory killer takes.
class PosixProcessLauncher final : public ProcessLauncher {
 public:
  absl::StatusOr<std::unique_ptr<Process>> Launch(
      const std::vector<std::string>& argv, const std::vector<std::string>& environment) override;
};

}  // namespace edgebench::agent
