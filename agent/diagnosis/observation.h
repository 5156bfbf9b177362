#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/diagnosis/busy_processes.h"
#include "common/clock.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/telemetry.pb.h"

namespace edgebench::agent {

// A device that was watched for a while: what its diagnosis is drawn from.
struct Observation {
  v1::Capabilities capabilities;
  v1::Conditions before, after;
  v1::CpuUse cpu_use;             // the agent's own time is `worker`
  std::vector<BusyProcess> busy;  // the busiest first, without the agent
  bool knows_groups = false;      // the control groups of the agent could be read
  // What switches turbo off here; empty where nothing does.
  std::string turbo_off;
};

// Watches for `period`, and blocks as long. `agent` is this process, all else is others.
Observation Observe(const std::string& root, pid_t agent, v1::Capabilities capabilities,
                    Clock& clock, absl::Duration period);

}  // namespace edgebench::agent
