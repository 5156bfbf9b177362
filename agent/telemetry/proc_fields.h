#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace edgebench::agent {

// Takes texts of /proc apart without allocating.

// Takes the first line off a text, without its line feed.
absl::string_view NextLine(absl::string_view& text);

// Takes the first word off a line: what stands between blanks or tabs.
absl::string_view NextWord(absl::string_view& line);

// Fields of /proc/PID/stat by their numbers in proc(5).
inline constexpr int kParent = 4;
inline constexpr int kMajorFaults = 12;
inline constexpr int kUserTicks = 14;
inline constexpr int kSystemTicks = 15;

// A number after the third field; the second is the program's name in parentheses, which
// may hold anything. nullopt where the text has no such field.
std::optional<int64_t> ProcessField(absl::string_view stat, int field);

}  // namespace edgebench::agent
