#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace edgebench::worker {

// How long ago this process was started, to a hundredth of a second: from
// starttime in /proc/self/stat, before the dynamic linker and main(). nullopt
// where the kernel does not tell.
std::optional<absl::Duration> ProcessAge(const std::string& proc_root = "/proc");

}  // namespace edgebench::worker
