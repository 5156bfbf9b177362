#include "agent/control_groups.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/file.h"
#include "common/proc_text.h"

namespace edgebench::agent {
namespace {

struct Group {
  std::string folder;
  bool v2 = false;
};

// Those that limit `controller` ("memory", "cpu") for this process.
std::vector<Group> GroupsOf(const std::string& root, absl::string_view controller) {
  std::vector<Group> groups;
  const std::string text = ReadFile(root + "/proc/self/cgroup").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    const bool v2 = fields[0] == "0" && fields[1].empty();
    if (!v2 &&
        !absl::StrContains(absl::StrCat(",", fields[1], ","), absl::StrCat(",", controller, ","))) {
      continue;
    }
    const std::string mount =
        absl::StrCat(root, "/sys/fs/cgroup", v2 ? "" : absl::StrCat("/", controller));
    // In a container the group's own path may not be visible; then the mount's
    // root is the container's group.
    for (std::string path = fields[2] == "/" ? "" : fields[2];; path.resize(path.rfind('/'))) {
      groups.push_back({mount + path, v2});
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return groups;
}

// The whole numbers of a file; empty where it has something else, such as "max".
std::vector<int64_t> NumbersIn(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  std::vector<int64_t> numbers;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(word, &number)) return {};
    numbers.push_back(number);
  }
  return numbers;
}

template <typename Number>
void KeepLess(Number number, std::optional<Number>& least) {
  least = std::min(least.value_or(number), number);
}

// Quota and period, in microseconds.
std::vector<int64_t> CpuQuota(const Group& group) {
  if (group.v2) return NumbersIn(group.folder + "/cpu.max");
  std::vector<int64_t> numbers = NumbersIn(group.folder + "/cpu.cfs_quota_us");
  for (int64_t period : NumbersIn(group.folder + "/cpu.cfs_period_us")) numbers.push_back(period);
  return numbers;
}

}  // namespace

std::optional<int64_t> ControlGroupMemoryBytes(const std::string& root) {
  std::optional<int64_t> least;
  for (const Group& group : GroupsOf(root, "memory")) {
    const std::string path = group.folder + (group.v2 ? "/memory.max" : "/memory.limit_in_bytes");
    for (const int64_t bytes : NumbersIn(path)) KeepLess(bytes, least);
  }
  return least;
}

std::optional<double> ControlGroupCpus(const std::string& root) {
  std::optional<double> least;
  for (const Group& group : GroupsOf(root, "cpu")) {
    const std::vector<int64_t> quota = CpuQuota(group);
    // v1 says -1 for no limit.
    if (quota.size() != 2 || quota[0] <= 0 || quota[1] <= 0) continue;
    KeepLess(static_cast<double>(quota[0]) / static_cast<double>(quota[1]), least);
  }
  return least;
}

std::optional<int64_t> ControlGroupCpuThrottles(const std::string& root) {
  std::optional<int64_t> sum;
  for (const Group& group : GroupsOf(root, "cpu")) {
    const auto count =
        ProcNumber(ReadFile(group.folder + "/cpu.stat").value_or(""), "nr_throttled");
    if (count) sum = sum.value_or(0) + *count;
  }
  return sum;
}

}  // namespace edgebench::agent
