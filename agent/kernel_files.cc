#include "agent/kernel_files.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/file.h"

namespace edgebench::agent {

std::string ReadTrimmed(const std::string& path) {
  auto text = ReadFile(path);
  if (!text.ok()) return "";
  while (!text->empty() && text->back() == '\0') text->pop_back();
  return std::string(absl::StripAsciiWhitespace(*text));
}

std::optional<int64_t> ReadInteger(const std::string& path) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(ReadTrimmed(path), &number)) return std::nullopt;
  return number;
}

std::optional<std::string> LookUp(absl::string_view text, absl::string_view key, char separator) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(line, absl::MaxSplits(separator, 1));
    if (absl::StripAsciiWhitespace(pair.first) == key) {
      return std::string(absl::StripAsciiWhitespace(pair.second));
    }
  }
  return std::nullopt;
}

std::vector<int> ParseCpuList(absl::string_view text) {
  std::vector<int> cpus;
  for (absl::string_view range : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(range, absl::MaxSplits('-', 1));
    int first = 0, last = 0;
    if (!absl::SimpleAtoi(ends.first, &first)) continue;
    if (!absl::SimpleAtoi(ends.second, &last)) last = first;
    for (int cpu = first; cpu <= last && last < 1 << 16; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<std::string> NumberedEntries(const std::string& folder, absl::string_view prefix) {
  std::map<int, std::string> by_number;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    absl::string_view rest = name;
    int number = 0;
    if (absl::ConsumePrefix(&rest, prefix) && absl::SimpleAtoi(rest, &number)) {
      by_number.emplace(number, entry->path().string());
    }
  }
  std::vector<std::string> paths;
  paths.reserve(by_number.size());
  for (auto& [number, path] : by_number) paths.push_back(std::move(path));
  return paths;
}

}  // namespace edgebench::agent
