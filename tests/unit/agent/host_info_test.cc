#include "agent/host_info.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

// A tree such as the kernel shows it.
class FakeRoot {
 public:
  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = dir_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  const std::string& path() const { return dir_.path(); }

 private:
  TempDir dir_;
};

// Captured on a Raspberry Pi 4 Model B with 4 GB, Raspberry Pi OS.
void WriteRaspberryPi4(FakeRoot& root) {
  std::string cpuinfo;
  for (int cpu = 0; cpu < 4; ++cpu) {
    absl::StrAppend(&cpuinfo, "processor\t: ", cpu,
                    "\nBogoMIPS\t: 108.00\n"
                    "Features\t: fp asimd evtstrm crc32 cpuid\n"
                    "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
                    "CPU part\t: 0xd08\nCPU revision\t: 3\n\n");
    const std::string topology =
        absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list");
    root.Write(topology, absl::StrCat(cpu, "\n"));
  }
  root.Write("/proc/cpuinfo",
             cpuinfo + "Revision\t: c03114\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n");
  root.Write("/proc/device-tree/model", std::string("Raspberry Pi 4 Model B Rev 1.4\0", 31));
  root.Write("/proc/meminfo",
             "MemTotal:        3884364 kB\nMemFree:         3010720 kB\n"
             "MemAvailable:    3514912 kB\nSwapTotal:        102396 kB\n");
  root.Write("/proc/sys/kernel/hostname", "raspberrypi\n");
  root.Write("/proc/sys/kernel/osrelease", "6.1.21-v8+\n");
  root.Write("/proc/sys/kernel/arch", "aarch64\n");
  root.Write("/sys/devices/system/cpu/online", "0-3\n");
  root.Write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n");
  root.Write("/etc/os-release",
             "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n");
}

// A dual-socket Xeon server: 2 x 2 cores with 2 threads each, CPU 7 offline.
void WriteXeon(FakeRoot& root) {
  std::string cpuinfo;
  const char* const siblings[] = {"0,4", "1,5", "2,6", "3", "0,4", "1,5", "2,6"};
  for (int cpu = 0; cpu < 7; ++cpu) {
    absl::StrAppend(&cpuinfo, "processor\t: ", cpu,
                    "\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6230 CPU @ "
                    "2.10GHz\ncache size\t: 28160 KB\n\n");
    root.Write(absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list"),
               absl::StrCat(siblings[cpu], "\n"));
  }
  root.Write("/proc/cpuinfo", cpuinfo);
  root.Write("/proc/meminfo", "MemTotal:       196608000 kB\nSwapTotal:              0 kB\n");
  root.Write("/sys/devices/system/cpu/online", "0-6\n");
}

TEST(HostInfo, ReadsARaspberryPi) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  const v1::HostInfo info = ReadHostInfo(root.path());
  EXPECT_EQ(info.hostname(), "raspberrypi");
  EXPECT_EQ(info.architecture(), "aarch64");
  EXPECT_EQ(info.cpu_model(), "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)");
  EXPECT_EQ(info.physical_cores(), 4);
  EXPECT_EQ(info.logical_cores(), 4);
  EXPECT_EQ(info.memory_bytes(), int64_t{3884364} * 1024);
  EXPECT_EQ(info.memory_available_bytes(), int64_t{3514912} * 1024);
  EXPECT_EQ(info.swap_bytes(), int64_t{102396} * 1024);
  EXPECT_EQ(info.kernel(), "Linux 6.1.21-v8+");
  EXPECT_EQ(info.os(), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(info.governor(), "ondemand");
}

TEST(HostInfo, CountsCoresAndNotThreadsOfAXeon) {
  FakeRoot root;
  WriteXeon(root);
  const v1::HostInfo info = ReadHostInfo(root.path());
  EXPECT_EQ(info.cpu_model(), "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz");
  EXPECT_EQ(info.physical_cores(), 4);
  EXPECT_EQ(info.logical_cores(), 7);
  EXPECT_EQ(info.swap_bytes(), 0);
  EXPECT_TRUE(info.has_swap_bytes()) << "none is known, and is not unknown";
}

TEST(HostInfo, LeavesUnsetWhatTheKernelDoesNotSay) {
  FakeRoot root;
  const v1::HostInfo info = ReadHostInfo(root.path());
  EXPECT_FALSE(info.has_physical_cores());
  EXPECT_FALSE(info.has_logical_cores());
  EXPECT_FALSE(info.has_memory_bytes());
  EXPECT_FALSE(info.has_swap_bytes());
  EXPECT_EQ(info.cpu_model(), "");
  EXPECT_EQ(info.kernel(), "");
}

TEST(HostInfo, GivesTheNumbersOfAnArmCoreItDoesNotKnow) {
  FakeRoot root;
  root.Write("/proc/cpuinfo", "CPU implementer\t: 0x99\nCPU part\t: 0x123\n");
  EXPECT_EQ(ReadHostInfo(root.path()).cpu_model(), "ARM implementer 0x99 part 0x123");
}

std::optional<int32_t> UsableCoresOf(const FakeRoot& root) {
  const v1::HostInfo info = ReadHostInfo(root.path());
  if (!info.has_usable_cores()) return std::nullopt;
  return info.usable_cores();
}

TEST(UsableCores, AreThoseThatAreOnline) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  EXPECT_EQ(UsableCoresOf(root), 4);
}

TEST(UsableCores, AreThoseThatTheProcessMayRunOn) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/status", "Name:\tx\nCpus_allowed:\t5\nCpus_allowed_list:\t0,2\n");
  EXPECT_EQ(UsableCoresOf(root), 2);
}

TEST(UsableCores, CountAPartOfACoreAsOne) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/\n");
  root.Write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(UsableCoresOf(root), 2);
  root.Write("/sys/fs/cgroup/cpu.max", "5000 100000\n");
  EXPECT_EQ(UsableCoresOf(root), 1);
}

TEST(UsableCores, AreTheLeastQuotaOfTheControlGroupsAbove) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/system.slice/edgebench-agent.service\n");
  root.Write("/sys/fs/cgroup/system.slice/edgebench-agent.service/cpu.max", "max 100000\n");
  root.Write("/sys/fs/cgroup/system.slice/cpu.max", "300000 100000\n");
  EXPECT_EQ(UsableCoresOf(root), 3);
}

TEST(UsableCores, AreNoMoreThanThereAreWhateverTheQuota) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/\n");
  root.Write("/sys/fs/cgroup/cpu.max", "6400000 100000\n");
  EXPECT_EQ(UsableCoresOf(root), 4);
}

TEST(UsableCores, KnowTheOldControlGroups) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n");
  root.Write("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "200000\n");
  root.Write("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(UsableCoresOf(root), 2);
  root.Write("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(UsableCoresOf(root), 4) << "no limit";
}

TEST(UsableCores, AreUnknownWhenNothingSaysThem) {
  FakeRoot root;
  EXPECT_EQ(UsableCoresOf(root), std::nullopt);
}

TEST(UsableCores, OfThisMachineAreAtLeastOne) { EXPECT_GE(ReadHostInfo("").usable_cores(), 1); }

TEST(UsableMemory, IsTheDevicesWithoutAControlGroup) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  EXPECT_EQ(UsableMemoryBytes(root.path()), int64_t{3884364} * 1024);
}

TEST(UsableMemory, IsTheLeastLimitOfTheControlGroupsAbove) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/system.slice/edgebench-agent.service\n");
  root.Write("/sys/fs/cgroup/system.slice/edgebench-agent.service/memory.max", "max\n");
  root.Write("/sys/fs/cgroup/system.slice/memory.max", "1000000000\n");
  EXPECT_EQ(UsableMemoryBytes(root.path()), 1'000'000'000);
}

TEST(UsableMemory, SeesTheLimitOfAContainerAtItsRoot) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/\n");
  root.Write("/sys/fs/cgroup/memory.max", "512000000\n");
  EXPECT_EQ(UsableMemoryBytes(root.path()), 512'000'000);
}

TEST(UsableMemory, KnowsTheOldControlGroups) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n");
  root.Write("/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "256000000\n");
  EXPECT_EQ(UsableMemoryBytes(root.path()), 256'000'000);
}

TEST(UsableMemory, IsTheDevicesWhenTheGroupMayHaveMore) {
  FakeRoot root;
  WriteRaspberryPi4(root);
  root.Write("/proc/self/cgroup", "0::/\n");
  root.Write("/sys/fs/cgroup/memory.max", "9000000000000\n");
  EXPECT_EQ(UsableMemoryBytes(root.path()), int64_t{3884364} * 1024);
}

TEST(UsableMemory, IsUnknownWhenNothingSaysIt) {
  FakeRoot root;
  EXPECT_EQ(UsableMemoryBytes(root.path()), std::nullopt);
}

}  // namespace
}  // namespace edgebench::agent
