#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace edgebench::agent {

struct MemoryUse {
  int64_t now_bytes = 0;  // resident plus swapped
  // The kernel's high-water mark of the resident set: of the process's whole
  // life, or since the mark was last reset, by whomever. 0 when it is unknown.
  int64_t mark_bytes = 0;
};

// How much memory a process uses. A seam, so that tests need no real hog.
// Thread-safe.
class MemoryMeter {
 public:
  virtual ~MemoryMeter() = default;

  // nullopt when the process is gone.
  virtual std::optional<MemoryUse> Read(pid_t pid) = 0;

  // Lowers the mark to what is resident now. Where the kernel or a container
  // does not allow that, the mark stays as it is.
  virtual void ResetMark(pid_t pid) = 0;
};

// Reads <root>/proc/PID/status (VmRSS + VmSwap, VmHWM), writes clear_refs.
class ProcMemoryMeter final : public MemoryMeter {
 public:
  explicit ProcMemoryMeter(std::string root = "") : root_(std::move(root)) {}
  std::optional<MemoryUse> Read(pid_t pid) override;
  void ResetMark(pid_t pid) override;

 private:
  const std::string root_;
};

}  // namespace edgebench::agent
