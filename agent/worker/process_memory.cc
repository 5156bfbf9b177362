#include "agent/worker/process_memory.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <utility>

#include "common/file.h"
#include "common/proc_text.h"

namespace edgebench::worker {
namespace {

std::string TextOf(const std::string& path) { return ReadFile(path).value_or(""); }

}  // namespace

ProcessMemory::ProcessMemory(std::string proc_root) : proc_root_(std::move(proc_root)) {}

bool ProcessMemory::ResetPeak() {
  const UniqueFd file(open((proc_root_ + "/self/clear_refs").c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && write(file.get(), "5", 1) == 1;
}

std::optional<int64_t> ProcessMemory::PeakResidentBytes() const {
  return ProcBytes(TextOf(proc_root_ + "/self/status"), "VmHWM:");
}

std::optional<int64_t> ProcessMemory::SwappedBytes() const {
  return ProcBytes(TextOf(proc_root_ + "/self/status"), "VmSwap:");
}

std::optional<int64_t> ProcessMemory::HugePageBytes() const {
  return ProcBytes(TextOf(proc_root_ + "/self/smaps_rollup"), "AnonHugePages:");
}

bool ProcessMemory::DisableHugePages() { return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0; }

std::optional<int64_t> ProcessMemory::SystemPagesSwappedOut() const {
  return ProcNumber(TextOf(proc_root_ + "/vmstat"), "pswpout");
}

}  // namespace edgebench::worker
