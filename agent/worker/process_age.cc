#include "agent/worker/process_age.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/file.h"

namespace edgebench::worker {
namespace {

// proc(5): the 22nd field; the 2nd, the program's name in brackets, may hold
// spaces, so that fields are counted from behind it.
constexpr size_t kStartTimeBehindName = 19;

}  // namespace

std::optional<absl::Duration> ProcessAge(const std::string& proc_root) {
  const absl::StatusOr<std::string> stat = ReadFile(proc_root + "/self/stat");
  if (!stat.ok()) return std::nullopt;
  const size_t name_end = stat->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(*stat).substr(name_end + 2), ' ');
  int64_t ticks = 0;
  if (fields.size() <= kStartTimeBehindName ||
      !absl::SimpleAtoi(fields[kStartTimeBehindName], &ticks)) {
    return std::nullopt;
  }
  timespec since_boot{};
  if (clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return std::nullopt;
  const absl::Duration started =
      absl::Seconds(static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)));
  const absl::Duration age = absl::DurationFromTimespec(since_boot) - started;
  return age < absl::ZeroDuration() ? absl::ZeroDuration() : age;
}

}  // namespace edgebench::worker
