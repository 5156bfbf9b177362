#include "agent/diagnosis/observation.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "agent/kernel_files.h"
#include "agent/remedies.h"
#include "agent/telemetry/conditions.h"
#include "agent/telemetry/cpu_time.h"

namespace edgebench::agent {
namespace {

constexpr size_t kNamedProcesses = 3;

std::string TurboOff(const std::string& root) {
  const std::string folder = root + "/sys/devices/system/cpu";
  if (ReadInteger(folder + "/intel_pstate/no_turbo")) return kIntelTurboOff;
  if (ReadInteger(folder + "/cpufreq/boost")) return kBoostOff;
  return "";
}

}  // namespace

Observation Observe(const std::string& root, pid_t agent, v1::Capabilities capabilities,
                    Clock& clock, absl::Duration period) {
  Observation seen;
  seen.capabilities = std::move(capabilities);
  seen.turbo_off = TurboOff(root);
  seen.knows_groups = !ReadTrimmed(root + "/proc/self/cgroup").empty();
  seen.before = ReadConditions(root);
  CpuTimeReader reader(root, agent);
  const ProcessTimes processes = ReadProcessTimes(root, clock.NowNanos());
  const CpuTimes cpu = reader.Read(clock.NowNanos());
  absl::SleepFor(period);
  const int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  seen.cpu_use = UseBetween(cpu, reader.Read(clock.NowNanos()), ticks_per_second);
  const ProcessTimes processes_after = ReadProcessTimes(root, clock.NowNanos());
  seen.busy = BusiestBetween(processes, processes_after, ticks_per_second, agent, kNamedProcesses);
  if (seen.cpu_use.has_others()) {
    const double own = CoresOfChildren(processes, processes_after, ticks_per_second, agent);
    seen.cpu_use.set_others(std::max(0.0, seen.cpu_use.others() - own));
  }
  seen.after = ReadConditions(root);
  return seen;
}

}  // namespace edgebench::agent
