#include "agent/diagnosis/busy_processes.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "agent/kernel_files.h"
#include "agent/telemetry/proc_fields.h"

namespace edgebench::agent {
namespace {

constexpr double kLeastCores = 0.05;

// NaN when no time has passed.
double CoresOf(pid_t pid, const ProcessTimes& before, const ProcessTimes& after,
               int64_t ticks_per_second) {
  const double ticks_per_core = static_cast<double>(after.at_nanos - before.at_nanos) * 1e-9 *
                                static_cast<double>(ticks_per_second);
  if (ticks_per_core <= 0) return std::nan("");
  const auto earlier = before.processes.find(pid);
  const int64_t since = earlier == before.processes.end() ? 0 : earlier->second.ticks;
  return static_cast<double>(after.processes.at(pid).ticks - since) / ticks_per_core;
}

// What stands between the parentheses of /proc/PID/stat.
std::string NameIn(const std::string& stat) {
  const size_t begin = stat.find('('), end = stat.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return stat.substr(begin + 1, end - begin - 1);
}

}  // namespace

ProcessTimes ReadProcessTimes(const std::string& root, int64_t now_nanos) {
  ProcessTimes times;
  times.at_nanos = now_nanos;
  for (const std::string& folder : NumberedEntries(root + "/proc", "")) {
    const std::string stat = ReadTrimmed(folder + "/stat");
    const auto user = ProcessField(stat, kUserTicks), system = ProcessField(stat, kSystemTicks);
    const int64_t parent = ProcessField(stat, kParent).value_or(0);
    pid_t pid = 0;
    if (!user || !system ||
        !absl::SimpleAtoi(std::filesystem::path(folder).filename().string(), &pid)) {
      continue;  // it has ended
    }
    times.processes[pid] = {NameIn(stat), *user + *system, static_cast<pid_t>(parent)};
  }
  return times;
}

std::vector<BusyProcess> BusiestBetween(const ProcessTimes& before, const ProcessTimes& after,
                                        int64_t ticks_per_second, pid_t agent, size_t most) {
  std::vector<BusyProcess> busy;
  for (const auto& [pid, process] : after.processes) {
    const double cores = CoresOf(pid, before, after, ticks_per_second);
    if (pid != agent && process.parent != agent && cores >= kLeastCores)
      busy.push_back({pid, process.name, cores});
  }
  std::sort(busy.begin(), busy.end(),
            [](const BusyProcess& a, const BusyProcess& b) { return a.cores > b.cores; });
  if (busy.size() > most) busy.resize(most);
  return busy;
}

double CoresOfChildren(const ProcessTimes& before, const ProcessTimes& after,
                       int64_t ticks_per_second, pid_t agent) {
  double cores = 0;
  for (const auto& [pid, process] : after.processes) {
    if (process.parent != agent) continue;
    const double of_child = CoresOf(pid, before, after, ticks_per_second);
    if (of_child > 0) cores += of_child;
  }
  return cores;
}

}  // namespace edgebench::agent
