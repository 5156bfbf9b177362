#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace edgebench::worker {

// Bytes of the caches of the highest level, all of them together, as sysfs tells below
// `root` ("" for the real one): cpu*/cache/index*/{level,type,size,shared_cpu_list} in
// /sys/devices/system/cpu (Documentation/ABI/testing/sysfs-devices-system-cpu of the kernel).
// nullopt where it tells of none, as on many arm64 boards.
std::optional<int64_t> LastLevelCacheBytes(const std::string& root);

}  // namespace edgebench::worker
