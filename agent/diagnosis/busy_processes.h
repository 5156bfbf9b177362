#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace edgebench::agent {

struct BusyProcess {
  pid_t pid = 0;
  std::string name;  // as the kernel has it, at most 15 characters
  double cores = 0;  // 0.5: half a core
};

// CPU time of all processes, by pid, in ticks: utime + stime of <root>/proc/PID/stat (proc(5)).
struct ProcessTimes {
  struct Process {
    std::string name;
    int64_t ticks = 0;
    pid_t parent = 0;
  };
  int64_t at_nanos = 0;
  std::map<pid_t, Process> processes;
};
ProcessTimes ReadProcessTimes(const std::string& root, int64_t now_nanos);

// Those that used at least a twentieth of a core between two moments, the busiest first, at
// most `most`; without `agent` and its children. One that began meanwhile counts from its
// beginning. Pure.
std::vector<BusyProcess> BusiestBetween(const ProcessTimes& before, const ProcessTimes& after,
                                        int64_t ticks_per_second, pid_t agent, size_t most);

// Cores that the children of `agent` used meanwhile: a worker that is started ahead is no
// neighbour. Pure.
double CoresOfChildren(const ProcessTimes& before, const ProcessTimes& after,
                       int64_t ticks_per_second, pid_t agent);

}  // namespace edgebench::agent
