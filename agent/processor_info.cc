#include "agent/processor_info.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_split.h"
#include "agent/control_groups.h"
#include "agent/kernel_files.h"

namespace edgebench::agent {
namespace {

constexpr int64_t kHertzPerKilohertz = 1000;

// Those that LibTorch, oneDNN, QNNPACK and OpenBLAS choose kernels by, as /proc/cpuinfo
// calls them (arch/x86/include/asm/cpufeatures.h, arch/arm64/kernel/cpuinfo.c).
constexpr const char* kKernelFlags[] = {
    "sse4_2",        "avx",         "avx2",        "fma",      "f16c",     "avx_vnni",
    "avx_vnni_int8", "avx512f",     "avx512bw",    "avx512cd", "avx512dq", "avx512vl",
    "avx512_vnni",   "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16",
    "amx_fp16",      "neon",        "asimd",       "asimdhp",  "asimddp",  "fphp",
    "i8mm",          "bf16",        "sve",         "sve2",     "svei8mm",  "svebf16"};

void AddFlags(absl::string_view cpuinfo, v1::HostInfo& info) {
  auto text = LookUp(cpuinfo, "flags", ':');           // x86
  if (!text) text = LookUp(cpuinfo, "Features", ':');  // Arm
  const std::vector<std::string> flags = absl::StrSplit(text.value_or(""), ' ');
  for (const char* known : kKernelFlags) {
    if (std::find(flags.begin(), flags.end(), known) != flags.end()) info.add_cpu_flags(known);
  }
}

// Over all cpufreq policies: the lowest of one file, the highest of another.
struct Limits {
  std::optional<int64_t> lowest_hz, highest_hz;
};

Limits FrequencyLimits(const std::string& root, const char* lowest, const char* highest) {
  Limits limits;
  const std::string folder = root + "/sys/devices/system/cpu/cpufreq";
  for (const std::string& policy : NumberedEntries(folder, "policy")) {
    if (const auto kilohertz = ReadInteger(policy + lowest)) {
      const int64_t hertz = *kilohertz * kHertzPerKilohertz;
      limits.lowest_hz = std::min(limits.lowest_hz.value_or(hertz), hertz);
    }
    if (const auto kilohertz = ReadInteger(policy + highest)) {
      const int64_t hertz = *kilohertz * kHertzPerKilohertz;
      limits.highest_hz = std::max(limits.highest_hz.value_or(hertz), hertz);
    }
  }
  return limits;
}

void AddFrequencies(const std::string& root, v1::HostInfo& info) {
  const Limits set = FrequencyLimits(root, "/scaling_min_freq", "/scaling_max_freq");
  if (set.lowest_hz) info.set_frequency_min_hz(*set.lowest_hz);
  if (set.highest_hz) info.set_frequency_max_hz(*set.highest_hz);
  const Limits hardware = FrequencyLimits(root, "/cpuinfo_min_freq", "/cpuinfo_max_freq");
  if (hardware.lowest_hz) info.set_hardware_frequency_min_hz(*hardware.lowest_hz);
  if (hardware.highest_hz) info.set_hardware_frequency_max_hz(*hardware.highest_hz);
}

void AddTurbo(const std::string& cpu_folder, v1::HostInfo& info) {
  if (const auto no_turbo = ReadInteger(cpu_folder + "/intel_pstate/no_turbo")) {
    info.set_turbo(*no_turbo == 0);
  } else if (const auto boost = ReadInteger(cpu_folder + "/cpufreq/boost")) {
    info.set_turbo(*boost != 0);
  }
}

}  // namespace

void AddProcessorInfo(const std::string& root, absl::string_view cpuinfo, v1::HostInfo& info) {
  const std::string cpu_folder = root + "/sys/devices/system/cpu";
  AddFlags(cpuinfo, info);
  AddFrequencies(root, info);
  AddTurbo(cpu_folder, info);
  if (const auto active = ReadInteger(cpu_folder + "/smt/active"))
    info.set_smt_active(*active != 0);
  const auto nodes = ParseCpuList(ReadTrimmed(root + "/sys/devices/system/node/online"));
  if (!nodes.empty()) info.set_numa_nodes(static_cast<int32_t>(nodes.size()));
  const std::string status = ReadTrimmed(root + "/proc/self/status");
  info.set_usable_cpus(LookUp(status, "Cpus_allowed_list", ':').value_or(""));
  if (const auto quota = ControlGroupCpus(root)) info.set_cpu_quota(*quota);
  info.set_clock_source(
      ReadTrimmed(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
}

}  // namespace edgebench::agent
