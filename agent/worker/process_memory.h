#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace edgebench::worker {

// What the kernel says of this process's memory. Unknown is nullopt: a kernel
// without the figure, or a folder that is no procfs.
class ProcessMemory {
 public:
  explicit ProcessMemory(std::string proc_root = "/proc");

  // Makes PeakResidentBytes count anew from the present resident set (proc(5),
  // clear_refs). False where the kernel does not allow it. It also lowers what
  // getrusage and wait4 tell of the process, so whoever resets keeps the peaks.
  bool ResetPeak();

  // VmHWM and VmSwap of /proc/self/status.
  std::optional<int64_t> PeakResidentBytes() const;
  std::optional<int64_t> SwappedBytes() const;

  // What lies in transparent huge pages: AnonHugePages of /proc/self/smaps_rollup. The kernel
  // walks all pages for it, some milliseconds.
  std::optional<int64_t> HugePageBytes() const;
  // None from now on (prctl(2), PR_SET_THP_DISABLE). False where the kernel cannot.
  static bool DisableHugePages();

  // pswpout of /proc/vmstat: pages the whole system has swapped out since it started.
  std::optional<int64_t> SystemPagesSwappedOut() const;

 private:
  std::string proc_root_;
};

}  // namespace edgebench::worker
