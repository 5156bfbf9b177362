#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace edgebench {

// A folder that stands for the root of a device: /proc, /sys, /etc.
class DeviceTree {
 public:
  // Writes a file, with the folders that it needs; over one that is there.
  void Write(const std::string& path, const std::string& text);
  void Remove(const std::string& path);
  // A folder in its place: it is there, and reading it fails, for root too.
  void MakeUnreadable(const std::string& path);
  void Link(const std::string& path, const std::string& target);

  // One line of times for each processor, in ticks: user and idle; and the sum.
  struct CpuTicks {
    int user = 0, idle = 0, steal = 0;
  };
  void WriteStat(int cpus, CpuTicks each);
  // A process's /proc/PID/stat and status.
  struct Process {
    std::string name = "worker";
    int user_ticks = 0, system_ticks = 0, major_faults = 0;
    int voluntary = 0, involuntary = 0;
    std::string cpus = "0-3";
    int parent = 1;
  };
  void WriteProcess(int pid, const Process& process);

  const std::string& root() const { return dir_.path(); }

 private:
  TempDir dir_;
};

// Trees after the documented layouts: what of /proc and /sys such a device shows of its
// processors, clocks, temperatures and memory. Sources: the kernel's documentation
// (admin-guide/pm/cpufreq.rst, driver-api/thermal/sysfs-api.rst, hwmon/sysfs-interface.rst,
// ABI/testing/sysfs-devices-system-cpu), Raspberry Pi's of vcgencmd, NVIDIA's Jetson Linux
// Developer Guide (thermal zones, nvpmodel).
void WriteRaspberryPi4(DeviceTree& tree);
void WriteRaspberryPi5(DeviceTree& tree);
void WriteJetsonNano(DeviceTree& tree);  // JetPack 4
void WriteOrinJetPack5(DeviceTree& tree);
void WriteOrinJetPack6(DeviceTree& tree);
void WriteXeon(DeviceTree& tree);  // two sockets of 2 cores with 2 threads each

}  // namespace edgebench
