#include "agent/telemetry/proc_fields.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace edgebench::agent {
namespace {

constexpr char kBlanks[] = " \t";
constexpr int kFieldOfState = 3;

}  // namespace

absl::string_view NextLine(absl::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const absl::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

absl::string_view NextWord(absl::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const absl::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<int64_t> ProcessField(absl::string_view stat, int field) {
  const size_t name_end = stat.rfind(')');
  if (name_end == absl::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  for (int number = kFieldOfState; number < field; ++number) NextWord(stat);
  int64_t value = 0;
  if (!absl::SimpleAtoi(NextWord(stat), &value)) return std::nullopt;
  return value;
}

}  // namespace edgebench::agent
