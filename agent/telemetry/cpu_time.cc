#include "agent/telemetry/cpu_time.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/kernel_files.h"
#include "agent/telemetry/proc_fields.h"

namespace edgebench::agent {
namespace {

// The columns of a line of /proc/stat. Guests' time, which follows, is part of user's.
enum Column : size_t { kUser, kNice, kSystem, kIdle, kIoWait, kIrq, kSoftIrq, kSteal, kColumns };

void Add(std::optional<int64_t>& sum, int64_t ticks) { sum = sum.value_or(0) + ticks; }

// Adds one line "cpu3 10 0 5 ...", its name without.
void AddLine(absl::string_view line, CpuTimes& times) {
  std::array<int64_t, kColumns> ticks{};
  for (int64_t& column : ticks) {
    if (!absl::SimpleAtoi(NextWord(line), &column)) return;
  }
  const int64_t busy = ticks[kUser] + ticks[kNice] + ticks[kSystem] + ticks[kIrq] + ticks[kSoftIrq];
  ++times.cores;
  Add(times.busy_ticks, busy);
  Add(times.steal_ticks, ticks[kSteal]);
  Add(times.total_ticks, busy + ticks[kIdle] + ticks[kIoWait] + ticks[kSteal]);
}

std::optional<int64_t> Grown(const std::optional<int64_t>& before,
                             const std::optional<int64_t>& after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

std::vector<int> AllowedCpus(const std::string& root, pid_t pid) {
  const std::string status = ReadTrimmed(absl::StrCat(root, "/proc/", pid, "/status"));
  return ParseCpuList(LookUp(status, "Cpus_allowed_list", ':').value_or(""));
}

}  // namespace

CpuTimes ParseCpuTimes(int64_t now_nanos, absl::string_view stat, absl::string_view worker_stat,
                       const std::vector<int>& cpus) {
  CpuTimes times;
  times.at_nanos = now_nanos;
  while (!stat.empty()) {
    absl::string_view line = NextLine(stat);
    absl::string_view name = NextWord(line);
    int cpu = 0;
    // The first line, "cpu", is the sum of those that follow.
    if (name == "cpu") continue;
    if (!absl::ConsumePrefix(&name, "cpu") || !absl::SimpleAtoi(name, &cpu)) break;
    if (cpus.empty() || std::binary_search(cpus.begin(), cpus.end(), cpu)) AddLine(line, times);
  }
  const auto user = ProcessField(worker_stat, kUserTicks);
  const auto system = ProcessField(worker_stat, kSystemTicks);
  if (user && system) times.worker_ticks = *user + *system;
  return times;
}

v1::CpuUse UseBetween(const CpuTimes& before, const CpuTimes& after, int64_t ticks_per_second) {
  v1::CpuUse use;
  use.set_duration_ns(after.at_nanos - before.at_nanos);
  use.set_cores(after.cores);
  const auto total = Grown(before.total_ticks, after.total_ticks);
  if (use.duration_ns() <= 0 || before.cores != after.cores || total.value_or(0) == 0) return use;
  const double ticks_per_core =
      static_cast<double>(use.duration_ns()) * 1e-9 * static_cast<double>(ticks_per_second);
  const auto busy = Grown(before.busy_ticks, after.busy_ticks);
  const auto worker = Grown(before.worker_ticks, after.worker_ticks);
  const auto stolen = Grown(before.steal_ticks, after.steal_ticks);
  if (worker) use.set_worker(static_cast<double>(*worker) / ticks_per_core);
  if (stolen) use.set_stolen(static_cast<double>(*stolen) / ticks_per_core);
  if (busy && worker) {
    use.set_others(std::max(0.0, static_cast<double>(*busy - *worker) / ticks_per_core));
    // Each processor's count and the worker's may have stepped just before or just after.
    use.set_resolution((after.cores + 1) / ticks_per_core);
  }
  return use;
}

CpuTimeReader::CpuTimeReader(const std::string& root, pid_t worker)
    : cpus_(AllowedCpus(root, worker)),
      stat_(root + "/proc/stat"),
      worker_stat_(absl::StrCat(root, "/proc/", worker, "/stat")) {}

CpuTimes CpuTimeReader::Read(int64_t now_nanos) {
  return ParseCpuTimes(now_nanos, stat_.Read(), worker_stat_.Read(), cpus_);
}

CpuChannels::CpuChannels(const std::string& root, pid_t worker)
    : reader_(root, worker), ticks_per_second_(sysconf(_SC_CLK_TCK)) {
  if (!reader_.Read(0).busy_ticks) return;
  channels_ = {{"cpu worker", "cores", "/proc/PID/stat utime + stime"},
               {"cpu others", "cores", "/proc/stat less the worker's"},
               {"cpu stolen", "cores", "/proc/stat steal"}};
}

void CpuChannels::Read(int64_t now_nanos, std::span<double> values) {
  if (channels_.empty()) return;
  std::fill(values.begin(), values.end(), kUnread);
  if (last_ && now_nanos - last_->at_nanos < Rate::kShortestNanos) return;
  const CpuTimes now = reader_.Read(now_nanos);
  if (last_) {
    const v1::CpuUse use = UseBetween(*last_, now, ticks_per_second_);
    if (use.has_worker()) values[0] = use.worker();
    if (use.has_others()) values[1] = use.others();
    if (use.has_stolen()) values[2] = use.stolen();
  }
  last_ = now;
}

PressureChannel::PressureChannel(const std::string& root) : file_(root + "/proc/pressure/cpu") {
  if (StalledMicros()) channels_.push_back({"cpu pressure", "share", "/proc/pressure/cpu some"});
}

std::optional<int64_t> PressureChannel::StalledMicros() {
  absl::string_view text = file_.Read();
  absl::string_view line = NextLine(text);
  if (NextWord(line) != "some") return std::nullopt;
  int64_t micros = 0;
  while (!line.empty()) {
    absl::string_view word = NextWord(line);
    if (absl::ConsumePrefix(&word, "total=") && absl::SimpleAtoi(word, &micros)) return micros;
  }
  return std::nullopt;
}

void PressureChannel::Read(int64_t now_nanos, std::span<double> values) {
  if (channels_.empty()) return;
  values[0] = rate_.PerSecond(now_nanos, StalledMicros()) / 1e6;
}

}  // namespace edgebench::agent
