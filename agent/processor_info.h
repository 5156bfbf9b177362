#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::agent {

// Adds what the processors can do and how they are set: instruction sets, frequency limits,
// turbo, SMT, NUMA nodes, which of them may be used, the clock source. Read below `root` and
// from the text of /proc/cpuinfo; what the kernel does not say stays unset. Kernel
// documentation: admin-guide/pm/cpufreq.rst, admin-guide/pm/intel_pstate.rst,
// admin-guide/cputopology.rst, ABI/testing/sysfs-devices-system-cpu.
void AddProcessorInfo(const std::string& root, absl::string_view cpuinfo, v1::HostInfo& info);

}  // namespace edgebench::agent
