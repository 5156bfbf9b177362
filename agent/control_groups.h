#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace edgebench::agent {

// The limits of the control groups (v2 or v1) of this process: the least of its
// own group's and of those of all groups above it. Read below `root` ("" for the
// real one); nullopt when there is no limit, or none that can be seen.
std::optional<int64_t> ControlGroupMemoryBytes(const std::string& root);

// Processor time per time: 1.5 for a container that may use a core and a half.
std::optional<double> ControlGroupCpus(const std::string& root);

// How often such a limit has held processes back (nr_throttled of cpu.stat, the kernel's
// cgroup-v2.rst and sched-bwc.rst), added up over the same groups.
std::optional<int64_t> ControlGroupCpuThrottles(const std::string& root);

}  // namespace edgebench::agent
