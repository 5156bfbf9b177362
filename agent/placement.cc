#include "agent/placement.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/kernel_files.h"
#include "agent/settings_checks.h"
#include "common/file.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr int kLowestNiceness = -20, kHighestNiceness = 19;  // setpriority(2)

// "0-3,6" of {0, 1, 2, 3, 6}.
std::string CpuListText(const std::vector<int>& cpus) {
  std::vector<std::string> ranges;
  for (size_t first = 0; first < cpus.size();) {
    size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    ranges.push_back(first == last ? absl::StrCat(cpus[first])
                                   : absl::StrCat(cpus[first], "-", cpus[last]));
    first = last + 1;
  }
  return absl::StrJoin(ranges, ",");
}

// One number or range of a list; nullopt for anything else.
std::optional<std::vector<int>> ParseRange(absl::string_view range) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(range, absl::MaxSplits('-', 1));
  int first = 0, last = 0;
  if (!absl::SimpleAtoi(ends.first, &first)) return std::nullopt;
  last = first;
  if (absl::StrContains(range, '-') && !absl::SimpleAtoi(ends.second, &last)) return std::nullopt;
  if (first < 0 || last < first || last >= CPU_SETSIZE) return std::nullopt;
  std::vector<int> cpus;
  for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  return cpus;
}

// Unlike the kernel's lists, what people type may be wrong. nullopt: it is.
std::optional<std::set<int>> ParsePins(absl::string_view text) {
  std::set<int> pins;
  for (const absl::string_view range : absl::StrSplit(text, ',')) {
    const auto cpus = ParseRange(absl::StripAsciiWhitespace(range));
    if (!cpus) return std::nullopt;
    pins.insert(cpus->begin(), cpus->end());
  }
  return pins;
}

absl::Status NormalizePins(const std::string& usable_cpus, std::string& pins) {
  const auto cpus = ParsePins(pins);
  const std::vector<int> usable = ParseCpuList(usable_cpus);
  const bool all_usable = cpus && (usable.empty() || std::includes(usable.begin(), usable.end(),
                                                                   cpus->begin(), cpus->end()));
  if (!all_usable) {
    return Refuse("pin_cpus", absl::StrCat("\"", pins, "\""),
                  absl::StrCat("a list like 0-3,6 of the processors that the agent may use",
                               usable_cpus.empty() ? "" : ": ", usable_cpus));
  }
  pins = CpuListText({cpus->begin(), cpus->end()});
  return absl::OkStatus();
}

bool IsTimed(v1::JobKind kind) {
  return kind == v1::JOB_KIND_BENCHMARK || kind == v1::JOB_KIND_PROFILE ||
         kind == v1::JOB_KIND_ROOFLINE;
}

cpu_set_t CpuSet(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus)
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<size_t>(cpu), &set);
  return set;
}

absl::Status Pin(pid_t thread, const std::string& list) {
  const cpu_set_t cpus = CpuSet(ParseCpuList(list));
  if (sched_setaffinity(thread, sizeof cpus, &cpus) == 0 || errno == ESRCH) return absl::OkStatus();
  if (errno != EINVAL) return ErrnoStatus(errno, absl::StrCat("pinning to processors ", list));
  return absl::InvalidArgumentError(
      absl::StrCat("pinning to processors ", list,
                   ": the kernel leaves none of them to the agent; "
                   "edgebench device show lists those that it may use"));
}

absl::Status GivePriority(pid_t thread, int niceness) {
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(thread), niceness) == 0 || errno == ESRCH)
    return absl::OkStatus();
  if (errno != EACCES && errno != EPERM)
    return ErrnoStatus(errno, absl::StrCat("setting the niceness ", niceness));
  return absl::PermissionDeniedError(absl::StrCat(
      "the agent may not give the niceness ", niceness,
      ", a higher priority than its own: start edgebench-agent as root, or with LimitNICE=",
      niceness, " in its systemd unit"));
}

}  // namespace

absl::Status NormalizePlacement(const std::string& usable_cpus, v1::JobSettings& settings) {
  if (!IsTimed(settings.kind())) {
    settings.clear_pin_cpus();
    settings.clear_niceness();
    settings.clear_huge_pages();
    return absl::OkStatus();
  }
  if (!settings.pin_cpus().empty())
    EDGEBENCH_RETURN_IF_ERROR(NormalizePins(usable_cpus, *settings.mutable_pin_cpus()));
  if (settings.has_niceness()) {
    EDGEBENCH_RETURN_IF_ERROR(
        CheckRange("niceness", settings.niceness(), kLowestNiceness, kHighestNiceness));
  }
  if (v1::HugePages_IsValid(settings.huge_pages())) return absl::OkStatus();
  return Refuse("huge_pages", static_cast<int>(settings.huge_pages()),
                absl::StrJoin(HugePagesNames(), ", "));
}

std::optional<int> PinnedCpus(const v1::JobSettings& settings) {
  if (settings.pin_cpus().empty()) return std::nullopt;
  return static_cast<int>(ParseCpuList(settings.pin_cpus()).size());
}

absl::Status ApplyPlacement(pid_t worker, const v1::JobSettings& settings) {
  if (settings.pin_cpus().empty() && !settings.has_niceness()) return absl::OkStatus();
  for (const std::string& task : NumberedEntries(absl::StrCat("/proc/", worker, "/task"), "")) {
    pid_t thread = 0;
    if (!absl::SimpleAtoi(std::filesystem::path(task).filename().string(), &thread)) continue;
    if (!settings.pin_cpus().empty()) EDGEBENCH_RETURN_IF_ERROR(Pin(thread, settings.pin_cpus()));
    if (settings.has_niceness())
      EDGEBENCH_RETURN_IF_ERROR(GivePriority(thread, settings.niceness()));
  }
  return absl::OkStatus();
}

std::vector<std::string> PlacementEnvironment(const v1::JobSettings& settings) {
  if (settings.huge_pages() != v1::HUGE_PAGES_ON) return {};
  return {"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"};
}

}  // namespace edgebench::agent
