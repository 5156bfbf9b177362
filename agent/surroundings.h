#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::agent {

// Adds what this process runs in, and under which settings: virtual machine, container,
// Jetson's power mode, what is set for OpenMP. Read below `root` and from the text of
// /proc/cpuinfo; what cannot be told stays empty, and "none" is said only on evidence.
//   virtualization  x86: the CPU flag "hypervisor", whose absence says "none"; its name from
//                   /sys/hypervisor/type or DMI. Arm: the device tree's node /hypervisor
//   container       marker files, /proc/1/environ (systemd.io, "Container Interface"), names
//                   in /proc/self/cgroup; "none" in the first PID namespace, whose number is
//                   fixed (the kernel's include/linux/proc_ns.h), or where PID 1 says nothing
//   power mode      /var/lib/nvpmodel/status and /etc/nvpmodel.conf (NVIDIA Jetson Linux
//                   Developer Guide, "nvpmodel")
//   openmp          OMP_*, GOMP_*, KMP_* and the like in /proc/self/environ
void AddSurroundings(const std::string& root, absl::string_view cpuinfo, v1::HostInfo& info);

}  // namespace edgebench::agent
