#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::agent {

// What the kernel says about this device, read below `root` ("" for the real
// one). What it does not say stays unset. free_disk_bytes is left to the caller.
// usable_cores is the least of the processors this process may run on and, in
// whole cores, the CPU quota of its control groups (v2 or v1).
v1::HostInfo ReadHostInfo(const std::string& root);

// Memory this process and its children may use: the device's, or that of the
// control group (v2 or v1) when it is less. nullopt when neither is known.
std::optional<int64_t> UsableMemoryBytes(const std::string& root);

}  // namespace edgebench::agent
