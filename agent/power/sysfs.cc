#include "agent/power/sysfs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench::agent {

std::vector<std::string> NamesIn(const std::string& folder, absl::string_view prefix) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, prefix)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> ReadSysfsText(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return std::string(absl::StripAsciiWhitespace(text));
}

absl::StatusOr<int64_t> ReadSysfsNumber(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, ReadSysfsText(path));
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return absl::InternalError(absl::StrCat(path, " has no whole number"));
  }
  return number;
}

}  // namespace edgebench::agent
