#include "agent/host_info.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/control_groups.h"
#include "agent/kernel_files.h"
#include "agent/processor_info.h"
#include "agent/surroundings.h"
#include "common/file.h"
#include "common/proc_text.h"

namespace edgebench::agent {
namespace {

struct ArmPart {
  const char* implementer;
  const char* part;
  const char* name;
};

// /proc/cpuinfo on arm64 has numbers only. From the kernel's
// arch/arm64/include/asm/cputype.h; the cores found on boards of this kind.
constexpr ArmPart kArmParts[] = {
    {"0x41", "0xd03", "Cortex-A53"},   {"0x41", "0xd04", "Cortex-A35"},
    {"0x41", "0xd05", "Cortex-A55"},   {"0x41", "0xd07", "Cortex-A57"},
    {"0x41", "0xd08", "Cortex-A72"},   {"0x41", "0xd09", "Cortex-A73"},
    {"0x41", "0xd0a", "Cortex-A75"},   {"0x41", "0xd0b", "Cortex-A76"},
    {"0x41", "0xd0c", "Neoverse-N1"},  {"0x41", "0xd40", "Neoverse-V1"},
    {"0x41", "0xd42", "Cortex-A78AE"}, {"0x41", "0xd49", "Neoverse-N2"},
    {"0x4e", "0x003", "Denver 2"},     {"0x4e", "0x004", "Carmel"},
};

std::string ArmCoreName(absl::string_view cpuinfo) {
  const auto implementer = LookUp(cpuinfo, "CPU implementer", ':');
  const auto part = LookUp(cpuinfo, "CPU part", ':');
  if (!implementer || !part) return "";
  for (const ArmPart& known : kArmParts) {
    if (*implementer == known.implementer && *part == known.part) return known.name;
  }
  return absl::StrCat("ARM implementer ", *implementer, " part ", *part);
}

// "Intel(R) Xeon(R) ...", or "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)".
std::string CpuModel(const std::string& root, absl::string_view cpuinfo) {
  if (const auto name = LookUp(cpuinfo, "model name", ':')) return *name;
  const std::string core = ArmCoreName(cpuinfo);
  const std::string board = ReadTrimmed(root + "/proc/device-tree/model");
  if (core.empty() || board.empty()) return core.empty() ? board : core;
  return absl::StrCat(core, " (", board, ")");
}

std::optional<int32_t> PhysicalCores(const std::string& root, const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const std::string topology =
        absl::StrCat(root, "/sys/devices/system/cpu/cpu", cpu, "/topology/");
    // Threads of one core name each other; package and core numbers may repeat
    // between the clusters of an ARM board.
    const std::string siblings = ReadTrimmed(topology + "thread_siblings_list");
    if (!siblings.empty()) cores.insert(siblings);
  }
  if (cores.empty()) return std::nullopt;
  return static_cast<int32_t>(cores.size());
}

std::string OsName(const std::string& root) {
  const auto release = ReadFile(root + "/etc/os-release");
  if (!release.ok()) return "";
  absl::string_view name;
  const auto value = LookUp(*release, "PRETTY_NAME", '=');
  if (!value) return "";
  name = *value;
  absl::ConsumePrefix(&name, "\"");
  absl::ConsumeSuffix(&name, "\"");
  return std::string(name);
}

std::string Architecture(const std::string& root) {
  std::string arch = ReadTrimmed(root + "/proc/sys/kernel/arch");  // Linux 6.1 and newer
  if (!arch.empty()) return arch;
  utsname name{};
  return uname(&name) == 0 ? name.machine : "";
}

// What taskset, cpusets and CPU quotas leave of the device's cores. A part of
// a core counts as one: a thread can use it.
std::optional<int32_t> UsableCores(const std::string& root, const std::vector<int>& online) {
  const std::string status = ReadFile(root + "/proc/self/status").value_or("");
  const std::vector<int> allowed =
      ParseCpuList(LookUp(status, "Cpus_allowed_list", ':').value_or(""));
  auto count = static_cast<int32_t>(allowed.empty() ? online.size() : allowed.size());
  if (const std::optional<double> quota = ControlGroupCpus(root)) {
    const auto whole = static_cast<int32_t>(std::ceil(std::min(*quota, 65536.0)));
    count = count > 0 ? std::min(count, whole) : whole;
  }
  if (count < 1) return std::nullopt;
  return count;
}

template <typename Setter>
void SetIfKnown(const std::optional<int64_t>& value, Setter set) {
  if (value) set(*value);
}

}  // namespace

v1::HostInfo ReadHostInfo(const std::string& root) {
  v1::HostInfo info;
  const std::string cpuinfo = ReadFile(root + "/proc/cpuinfo").value_or("");
  const std::string meminfo = ReadFile(root + "/proc/meminfo").value_or("");
  const std::vector<int> cpus = ParseCpuList(ReadTrimmed(root + "/sys/devices/system/cpu/online"));
  info.set_hostname(ReadTrimmed(root + "/proc/sys/kernel/hostname"));
  info.set_architecture(Architecture(root));
  info.set_cpu_model(CpuModel(root, cpuinfo));
  if (const auto cores = PhysicalCores(root, cpus)) info.set_physical_cores(*cores);
  if (!cpus.empty()) info.set_logical_cores(static_cast<int32_t>(cpus.size()));
  if (const auto cores = UsableCores(root, cpus)) info.set_usable_cores(*cores);
  SetIfKnown(ProcBytes(meminfo, "MemTotal:"), [&](int64_t v) { info.set_memory_bytes(v); });
  SetIfKnown(ProcBytes(meminfo, "MemAvailable:"),
             [&](int64_t v) { info.set_memory_available_bytes(v); });
  SetIfKnown(ProcBytes(meminfo, "SwapTotal:"), [&](int64_t v) { info.set_swap_bytes(v); });
  const std::string release = ReadTrimmed(root + "/proc/sys/kernel/osrelease");
  if (!release.empty()) info.set_kernel(absl::StrCat("Linux ", release));
  info.set_os(OsName(root));
  info.set_governor(ReadTrimmed(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  AddProcessorInfo(root, cpuinfo, info);
  AddSurroundings(root, cpuinfo, info);
  return info;
}

std::optional<int64_t> UsableMemoryBytes(const std::string& root) {
  const std::string meminfo = ReadFile(root + "/proc/meminfo").value_or("");
  const std::optional<int64_t> memory = ProcBytes(meminfo, "MemTotal:");
  const std::optional<int64_t> group = ControlGroupMemoryBytes(root);
  if (memory && group) return std::min(*memory, *group);
  return memory ? memory : group;
}

}  // namespace edgebench::agent
