#include "common/proc_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace edgebench {
namespace {

// The words of the line that begins with `key`; none without such a line.
std::vector<absl::string_view> WordsOfLine(absl::string_view text, absl::string_view key) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StrContains(line, key)) continue;  // cheaper than taking it apart
    std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (!words.empty() && words.front() == key) return words;
  }
  return {};
}

}  // namespace

std::optional<int64_t> ProcNumber(absl::string_view text, absl::string_view key) {
  const std::vector<absl::string_view> words = WordsOfLine(text, key);
  int64_t number = 0;
  if (words.size() < 2 || !absl::SimpleAtoi(words[1], &number)) return std::nullopt;
  return number;
}

std::optional<int64_t> ProcBytes(absl::string_view text, absl::string_view key) {
  const std::vector<absl::string_view> words = WordsOfLine(text, key);
  int64_t kib = 0;
  if (words.size() != 3 || words[2] != "kB" || !absl::SimpleAtoi(words[1], &kib)) {
    return std::nullopt;
  }
  return kib * 1024;
}

}  // namespace edgebench
