#include "tests/support/device_trees.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"

namespace edgebench {
namespace {

constexpr char kCpus[] = "/sys/devices/system/cpu";

struct Zone {
  std::string type;
  int millidegrees = 0;
};

void WriteZones(DeviceTree& tree, const std::vector<Zone>& zones) {
  for (size_t i = 0; i < zones.size(); ++i) {
    const std::string zone = absl::StrCat("/sys/class/thermal/thermal_zone", i);
    tree.Write(zone + "/type", zones[i].type + "\n");
    tree.Write(zone + "/temp", absl::StrCat(zones[i].millidegrees, "\n"));
  }
}

void WriteTrip(DeviceTree& tree, int zone, int trip, const std::string& type, int millidegrees) {
  const std::string prefix =
      absl::StrCat("/sys/class/thermal/thermal_zone", zone, "/trip_point_", trip, "_");
  tree.Write(prefix + "type", type + "\n");
  tree.Write(prefix + "temp", absl::StrCat(millidegrees, "\n"));
}

struct Clock {
  int current_khz = 0, min_khz = 0, max_khz = 0;
  std::string governor;
};

void WritePolicy(DeviceTree& tree, int first_cpu, const Clock& clock) {
  const std::string policy = absl::StrCat(kCpus, "/cpufreq/policy", first_cpu);
  tree.Write(policy + "/scaling_cur_freq", absl::StrCat(clock.current_khz, "\n"));
  for (const char* file : {"/scaling_min_freq", "/cpuinfo_min_freq"})
    tree.Write(policy + file, absl::StrCat(clock.min_khz, "\n"));
  for (const char* file : {"/scaling_max_freq", "/cpuinfo_max_freq"})
    tree.Write(policy + file, absl::StrCat(clock.max_khz, "\n"));
  tree.Write(absl::StrCat(kCpus, "/cpu", first_cpu, "/cpufreq/scaling_governor"),
             clock.governor + "\n");
}

void WriteArmCpus(DeviceTree& tree, int cpus, const std::string& part,
                  const std::string& features) {
  std::string cpuinfo;
  for (int cpu = 0; cpu < cpus; ++cpu) {
    absl::StrAppend(&cpuinfo, "processor\t: ", cpu, "\nBogoMIPS\t: 108.00\nFeatures\t: ", features,
                    "\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: ", part, "\n\n");
    tree.Write(absl::StrCat(kCpus, "/cpu", cpu, "/topology/thread_siblings_list"),
               absl::StrCat(cpu, "\n"));
  }
  tree.Write("/proc/cpuinfo", cpuinfo);
  tree.Write(absl::StrCat(kCpus, "/online"), absl::StrCat("0-", cpus - 1, "\n"));
  tree.Write("/proc/sys/kernel/arch", "aarch64\n");
  tree.Write("/sys/devices/system/clocksource/clocksource0/current_clocksource",
             "arch_sys_counter\n");
  tree.WriteStat(cpus, {.user = 100, .idle = 1000});
}

void WriteMemory(DeviceTree& tree, int total_kb, int available_kb, int swap_kb) {
  tree.Write("/proc/meminfo",
             absl::StrCat("MemTotal:       ", total_kb, " kB\nMemFree:        ", available_kb / 2,
                          " kB\nMemAvailable:   ", available_kb, " kB\nSwapTotal:      ", swap_kb,
                          " kB\nSwapFree:       ", swap_kb, " kB\n"));
  tree.Write("/proc/loadavg", "0.52 0.41 0.30 1/312 4711\n");
}

// NUL ends a text of the device tree.
std::string DeviceTreeText(std::string text) { return text + std::string(1, '\0'); }

void WriteRaspberryPi(DeviceTree& tree, const std::string& firmware_folder) {
  tree.Write("/sys/devices/platform/" + firmware_folder + "/get_throttled", "0\n");
  WriteZones(tree, {{"cpu-thermal", 48199}});
  WriteTrip(tree, 0, 0, "critical", 110000);
  tree.Write("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
  tree.Write("/sys/class/hwmon/hwmon0/temp1_input", "48199\n");
  tree.Write("/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
  tree.Write("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n");
}

void WriteOrin(DeviceTree& tree) {
  WriteArmCpus(tree, 8, "0xd42",
               "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm "
               "lrcpc dcpop asimddp uscat ilrcpc flagm");
  for (const int first : {0, 4}) WritePolicy(tree, first, {1344000, 115200, 1984000, "schedutil"});
  WriteMemory(tree, 15'700'000, 12'300'000, 7'850'000);
  tree.Write("/proc/device-tree/model", DeviceTreeText("NVIDIA Jetson Orin NX"));
  tree.Write("/proc/device-tree/compatible",
             DeviceTreeText("nvidia,p3767-0000") + DeviceTreeText("nvidia,tegra234"));
  tree.Write("/etc/nvpmodel.conf",
             "< POWER_MODEL ID=0 NAME=MAXN >\nCPU_ONLINE CORE_0 1\n\n"
             "< POWER_MODEL ID=2 NAME=15W >\nCPU_ONLINE CORE_0 1\n");
  tree.Write("/var/lib/nvpmodel/status", "pmode:0002 fmode:quiet");
}

}  // namespace

void DeviceTree::Write(const std::string& path, const std::string& text) {
  const std::filesystem::path file = root() + path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

void DeviceTree::Remove(const std::string& path) { std::filesystem::remove_all(root() + path); }

void DeviceTree::MakeUnreadable(const std::string& path) {
  Remove(path);
  std::filesystem::create_directories(root() + path);
}

void DeviceTree::Link(const std::string& path, const std::string& target) {
  const std::filesystem::path link = root() + path;
  std::filesystem::create_directories(link.parent_path());
  std::filesystem::create_symlink(target, link);
}

void DeviceTree::WriteStat(int cpus, CpuTicks each) {
  const auto line = [&](const std::string& name, int times) {
    return absl::StrCat(name, " ", each.user * times, " 0 0 ", each.idle * times, " 0 0 0 ",
                        each.steal * times, " 0 0\n");
  };
  std::string text = line("cpu ", cpus);
  for (int cpu = 0; cpu < cpus; ++cpu) absl::StrAppend(&text, line(absl::StrCat("cpu", cpu), 1));
  Write("/proc/stat", text + "intr 12345 0 0\nctxt 6789\n");
}

void DeviceTree::WriteProcess(int pid, const Process& process) {
  const std::string folder = absl::StrCat("/proc/", pid);
  Write(folder + "/stat",
        absl::StrCat(pid, " (", process.name, ") R ", process.parent, " 1 1 0 -1 4194304 99 0 ",
                     process.major_faults, " 0 ", process.user_ticks, " ", process.system_ticks,
                     " 0 0 20 0 4 0 100 1000 10\n"));
  Write(folder + "/status",
        absl::StrCat("Name:\t", process.name, "\nCpus_allowed_list:\t", process.cpus,
                     "\nvoluntary_ctxt_switches:\t", process.voluntary,
                     "\nnonvoluntary_ctxt_switches:\t", process.involuntary, "\n"));
}

void WriteRaspberryPi4(DeviceTree& tree) {
  WriteArmCpus(tree, 4, "0xd08", "fp asimd evtstrm crc32 cpuid");
  WritePolicy(tree, 0, {1500000, 600000, 1500000, "ondemand"});
  WriteRaspberryPi(tree, "soc/soc:firmware");
  WriteMemory(tree, 3'884'364, 3'514'912, 102'396);
  tree.Write("/proc/device-tree/model", DeviceTreeText("Raspberry Pi 4 Model B Rev 1.4"));
  tree.Write("/proc/device-tree/compatible",
             DeviceTreeText("raspberrypi,4-model-b") + DeviceTreeText("brcm,bcm2711"));
}

void WriteRaspberryPi5(DeviceTree& tree) {
  WriteArmCpus(tree, 4, "0xd0b",
               "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm "
               "lrcpc dcpop asimddp");
  WritePolicy(tree, 0, {2400000, 1500000, 2400000, "ondemand"});
  WriteRaspberryPi(tree, "soc@107c000000/soc@107c000000:firmware");
  WriteMemory(tree, 8'244'240, 7'400'000, 204'784);
  tree.Write("/proc/device-tree/model", DeviceTreeText("Raspberry Pi 5 Model B Rev 1.0"));
  tree.Write("/proc/device-tree/compatible",
             DeviceTreeText("raspberrypi,5-model-b") + DeviceTreeText("brcm,bcm2712"));
}

void WriteJetsonNano(DeviceTree& tree) {
  WriteArmCpus(tree, 4, "0xd07", "fp asimd evtstrm aes pmull sha1 sha2 crc32");
  WritePolicy(tree, 0, {1428000, 102000, 1479000, "schedutil"});
  WriteZones(tree, {{"AO-therm", 41500},
                    {"CPU-therm", 33500},
                    {"GPU-therm", 31000},
                    {"PLL-therm", 31500},
                    {"PMIC-Die", 100000},
                    {"thermal-fan-est", 32500}});
  WriteTrip(tree, 1, 0, "critical", 102500);
  WriteTrip(tree, 1, 1, "passive", 97000);
  WriteMemory(tree, 4'059'712, 2'900'000, 2'029'856);
  tree.Write("/proc/device-tree/model", DeviceTreeText("NVIDIA Jetson Nano Developer Kit"));
  tree.Write("/proc/device-tree/compatible",
             DeviceTreeText("nvidia,p3450-0000") + DeviceTreeText("nvidia,tegra210"));
  tree.Write("/etc/nvpmodel.conf",
             "# MAXN is the NONE power model to release all constraints\n"
             "< POWER_MODEL ID=0 NAME=MAXN >\nCPU_ONLINE CORE_0 1\n\n"
             "< POWER_MODEL ID=1 NAME=5W >\nCPU_ONLINE CORE_2 0\n");
  tree.Write("/var/lib/nvpmodel/status", "pmode:0001 fmode:fanNull");
}

void WriteOrinJetPack5(DeviceTree& tree) {
  WriteOrin(tree);
  WriteZones(tree, {{"CPU-therm", 50468},
                    {"GPU-therm", 46000},
                    {"CV0-therm", 0},
                    {"SOC0-therm", 48500},
                    {"tj-therm", 50468}});
  // The sensor of a part without power.
  tree.MakeUnreadable("/sys/class/thermal/thermal_zone2/temp");
  WriteTrip(tree, 0, 0, "critical", 104500);
  WriteTrip(tree, 0, 1, "passive", 99000);
}

void WriteOrinJetPack6(DeviceTree& tree) {
  WriteOrin(tree);
  WriteZones(tree, {{"cpu-thermal", 51500},
                    {"gpu-thermal", 47000},
                    {"soc0-thermal", 52000},
                    {"tj-thermal", 52000}});
  WriteTrip(tree, 0, 0, "passive", 99000);
}

void WriteXeon(DeviceTree& tree) {
  std::string cpuinfo;
  for (int cpu = 0; cpu < 8; ++cpu) {
    absl::StrAppend(&cpuinfo, "processor\t: ", cpu,
                    "\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6230 CPU @ "
                    "2.10GHz\nflags\t\t: fpu sse4_2 fma avx f16c avx2 avx512f avx512dq avx512cd "
                    "avx512bw avx512vl avx512_vnni\n\n");
    const std::string folder = absl::StrCat(kCpus, "/cpu", cpu);
    tree.Write(folder + "/topology/thread_siblings_list",
               absl::StrCat(cpu % 4, ",", cpu % 4 + 4, "\n"));
    tree.Write(folder + "/thermal_throttle/core_throttle_count", "0\n");
    tree.Write(folder + "/thermal_throttle/package_throttle_count", "0\n");
    WritePolicy(tree, cpu, {2'100'000 + cpu * 100'000, 800'000, 3'900'000, "powersave"});
  }
  tree.Write("/proc/cpuinfo", cpuinfo);
  tree.Write(absl::StrCat(kCpus, "/online"), "0-7\n");
  tree.Write(absl::StrCat(kCpus, "/intel_pstate/no_turbo"), "0\n");
  tree.Write(absl::StrCat(kCpus, "/smt/active"), "1\n");
  tree.Write("/sys/devices/system/node/online", "0-1\n");
  tree.Write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  WriteZones(tree, {{"acpitz", 27800}, {"x86_pkg_temp", 52000}, {"x86_pkg_temp", 61000}});
  WriteTrip(tree, 1, 0, "passive", -274000);
  tree.Write("/sys/class/hwmon/hwmon0/name", "coretemp\n");
  tree.Write("/sys/class/hwmon/hwmon0/temp1_input", "52000\n");
  WriteMemory(tree, 196'608'000, 180'000'000, 0);
  tree.WriteStat(8, {.user = 100, .idle = 1000});
}

}  // namespace edgebench
