#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::agent {

// Reads the small texts that the kernel shows in /proc and /sys. Unknown is "" or
// nullopt: a kernel without the file, or one that may not be read.

// The text without white space and NUL at its ends; "" when there is none.
std::string ReadTrimmed(const std::string& path);

// A file that holds one whole number, and nothing else.
std::optional<int64_t> ReadInteger(const std::string& path);

// The value of the first line "key<separator>value" of a text.
std::optional<std::string> LookUp(absl::string_view text, absl::string_view key, char separator);

// The numbers of a list such as "0-3,6" (the kernel's cputopology.rst).
std::vector<int> ParseCpuList(absl::string_view text);

// The paths of the entries of `folder` whose names are `prefix` and a number, by number:
// "cpu0", "cpu1" ... "cpu10".
std::vector<std::string> NumberedEntries(const std::string& folder, absl::string_view prefix);

}  // namespace edgebench::agent
