#include "controller/energy_import.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/energy_meter.h"
#include "common/file.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

absl::StatusOr<PowerLog> ReadPowertop(const std::vector<std::string>& paths, absl::TimeZone zone) {
  std::vector<TimedPowertopReport> reports;
  for (const std::string& path : paths) {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    const auto start = TimeOfPowertopFile(BaseName(path), zone);
    if (!start.ok()) return WithPrefix(start.status(), path + ": ");
    auto report = ParsePowertopReport(text);
    if (!report.ok()) return WithPrefix(report.status(), path + ": ");
    reports.push_back({*start, *std::move(report)});
  }
  std::sort(reports.begin(), reports.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  return JoinPowertopReports(reports);
}

absl::StatusOr<PowerLog> ReadTable(const std::string& path, absl::TimeZone zone) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto log = ParsePowerLog(text, zone);
  if (!log.ok()) return WithPrefix(log.status(), path + ": ");
  return log;
}

TimeWindow Since(absl::Time origin, absl::Time start, absl::Time end) {
  return {absl::ToInt64Nanoseconds(start - origin), absl::ToInt64Nanoseconds(end - origin)};
}

// Nothing of ours runs before the first job.
std::optional<TimeWindow> IdleWindow(absl::Time log_start, absl::Time log_end,
                                     const std::vector<db::Measurement>& measurements) {
  std::optional<absl::Time> first;
  for (const db::Measurement& measurement : measurements) {
    const absl::Time started = FromProto(measurement.result.started_time());
    // One that ran already when the log began leaves no idle time to be seen.
    if (FromProto(measurement.result.finished_time()) < log_start || started > log_end) continue;
    if (!first || started < *first) first = started;
  }
  if (!first || *first <= log_start) return std::nullopt;
  return Since(log_start, log_start, *first);
}

}  // namespace

absl::StatusOr<PowerLog> ReadPowerLog(const std::vector<std::string>& paths, absl::TimeZone zone) {
  const bool powertop = paths.size() > 1 || TimeOfPowertopFile(BaseName(paths.front()), zone).ok();
  auto log = powertop ? ReadPowertop(paths, zone) : ReadTable(paths.front(), zone);
  if (!log.ok()) return WithExitCode(log.status(), ExitCode::kUsage);
  return log;
}

EnergyImport EnergyFromLog(const PowerLog& log, const std::string& name,
                           const std::vector<db::Measurement>& measurements, bool replace) {
  EnergyImport imported;
  const absl::Time start = log.entries.front().time, end = log.entries.back().time;
  const PowerTrace trace = TraceOf(log, name, start);
  const std::optional<TimeWindow> idle = IdleWindow(start, end, measurements);
  for (const db::Measurement& measurement : measurements) {
    const v1::Energy& present = measurement.result.energy();
    if (!present.has_window_start_time() || FromProto(present.window_start_time()) < start ||
        FromProto(present.window_end_time()) > end) {
      ++imported.outside;
      continue;
    }
    if (present.has_joules_gross() && !replace) {
      ++imported.have_energy;
      continue;
    }
    const absl::Time window_start = FromProto(present.window_start_time());
    const absl::Time window_end = FromProto(present.window_end_time());
    v1::Energy energy = MeasureEnergy(trace, idle, Since(start, window_start, window_end),
                                      measurement.result.latency().measured_ns_size());
    *energy.mutable_window_start_time() = present.window_start_time();
    *energy.mutable_window_end_time() = present.window_end_time();
    imported.by_job[measurement.job_id] = std::move(energy);
  }
  return imported;
}

}  // namespace edgebench::controller
