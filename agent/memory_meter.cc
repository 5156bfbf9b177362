#include "agent/memory_meter.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/proc_text.h"

namespace edgebench::agent {
std::optional<MemoryUse> ProcMemoryMeter::Read(pid_t pid) {
  const auto text = ReadFile(absl::StrCat(root_, "/proc/", pid, "/status"));
  if (!text.ok()) return std::nullopt;
  const std::optional<int64_t> resident = ProcBytes(*text, "VmRSS:");
  if (!resident) return std::nullopt;  // a zombie has no memory
  MemoryUse use;
  use.now_bytes = *resident + ProcBytes(*text, "VmSwap:").value_or(0);
  use.mark_bytes = ProcBytes(*text, "VmHWM:").value_or(0);
  return use;
}

void ProcMemoryMeter::ResetMark(pid_t pid) {
  const UniqueFd file(
      open(absl::StrCat(root_, "/proc/", pid, "/clear_refs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return;
  [[maybe_unused]] const ssize_t written = write(file.get(), "5", 1);
}

}  // namespace edgebench::agent
