#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace edgebench {

// Reads texts such as those of /proc/PID/status, /proc/meminfo and /proc/vmstat:
// a line for each key, "VmRSS:\t  1234 kB" or "pswpout 12" (proc(5)).

// The number on the line whose first word is `key`, with its colon where the
// text has one. nullopt when there is no such line, or no number on it.
std::optional<int64_t> ProcNumber(absl::string_view text, absl::string_view key);

// The same of a line that counts in kB, in bytes. The kernel's kB are 1,024 bytes.
std::optional<int64_t> ProcBytes(absl::string_view text, absl::string_view key);

}  // namespace edgebench
