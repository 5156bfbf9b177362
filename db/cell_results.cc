#include "db/cell_results.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/database.h"
#include "db/measurement_rows.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

struct StaleCell {
  std::string run_id;
  int64_t cell_id = 0;
};

std::vector<StaleCell> StaleCells(Connection& connection) {
  CachedStatement select(connection, "SELECT run_id, cell_id FROM stale_cell");
  std::vector<StaleCell> cells;
  while (select.executeStep())
    cells.push_back({select.getColumn(0).getString(), select.getColumn(1).getInt64()});
  return cells;
}

// The process that the views take their other columns from, and how many have ended.
struct Shown {
  std::optional<int64_t> measurement_id;
  std::string stored_at;
  int ended = 0;
};

Shown FindShown(Connection& connection, const StaleCell& cell) {
  CachedStatement select(connection,
                         "SELECT measurement.id, measurement.outcome = 'ok', measurement.stored_at"
                         " FROM measurement JOIN job ON job.id = measurement.job_id"
                         " WHERE measurement.cell_id = :cell AND +job.run_id = :run"
                         " ORDER BY measurement.stored_at, measurement.id");
  select.bind(":cell", cell.cell_id);
  BindText(select, ":run", cell.run_id);
  Shown shown;
  bool is_ok = false;
  while (select.executeStep()) {
    if (!is_ok) shown.measurement_id = select.getColumn(0).getInt64();
    is_ok = is_ok || select.getColumn(1).getInt() != 0;
    shown.stored_at = select.getColumn(2).getString();
    ++shown.ended;
  }
  return shown;
}

// What was computed of it before: another process may be shown from now on.
void Remove(Connection& connection, const StaleCell& cell) {
  CachedStatement remove(connection,
                         "DELETE FROM cell_result WHERE measurement_id IN"
                         " (SELECT measurement.id FROM measurement"
                         " JOIN job ON job.id = measurement.job_id"
                         " WHERE measurement.cell_id = :cell AND +job.run_id = :run)");
  BindText(remove, ":run", cell.run_id);
  remove.bind(":cell", cell.cell_id);
  remove.exec();
}

std::optional<double> IfHas(bool has, double value) {
  return has ? std::optional(value) : std::nullopt;
}

void BindRates(SQLite::Statement& insert, const v1::JobResult& result) {
  const v1::Throughput& throughput = result.throughput();
  std::optional<double> rate = IfHas(result.has_throughput(), throughput.per_second());
  if (result.has_server() && result.server().has_rate_per_second())
    rate = result.server().rate_per_second();
  BindReal(insert, ":rate", rate);
  BindReal(insert, ":rate_low",
           IfHas(throughput.has_per_second_low(), throughput.per_second_low()));
  BindReal(insert, ":rate_high",
           IfHas(throughput.has_per_second_high(), throughput.per_second_high()));
  const v1::Energy& energy = result.energy();
  BindReal(insert, ":joules",
           IfHas(energy.has_joules_per_inference(), energy.joules_per_inference()));
  BindReal(insert, ":joules_low",
           IfHas(energy.has_joules_per_inference_low(), energy.joules_per_inference_low()));
  BindReal(insert, ":joules_high",
           IfHas(energy.has_joules_per_inference_high(), energy.joules_per_inference_high()));
}

void BindFigures(SQLite::Statement& insert, const LatencySummary& latency) {
  std::optional<int64_t> low, high;
  if (latency.ci95_ns) {
    low = latency.ci95_ns->low;
    high = latency.ci95_ns->high;
  }
  insert.bind(":processes", latency.processes);
  insert.bind(":samples", latency.samples);
  BindReal(insert, ":median", latency.median_ns);
  BindReal(insert, ":mean", latency.mean_ns);
  BindReal(insert, ":stddev", latency.stddev_ns);
  BindReal(insert, ":p90", latency.p90_ns);
  BindReal(insert, ":p99", latency.p99_ns);
  BindInteger(insert, ":min", latency.min_ns);
  BindInteger(insert, ":low", low);
  BindInteger(insert, ":high", high);
}

void BindVerdict(SQLite::Statement& insert, const v1::JobResult& result) {
  std::optional<int64_t> valid, peak;
  if (result.has_validity()) valid = result.validity().valid();
  if (result.has_peak_rss_bytes()) peak = result.peak_rss_bytes();
  BindInteger(insert, ":valid", valid);
  BindTextOrNull(insert, ":because", absl::StrJoin(result.validity().reasons(), "; "));
  BindInteger(insert, ":peak", peak);
  BindInteger(insert, ":model_memory", ModelMemoryBytes(result));
}

void Insert(Connection& connection, const Shown& shown, const v1::JobResult& result,
            const LatencySummary& latency) {
  CachedStatement insert(
      connection,
      "INSERT OR REPLACE INTO cell_result (measurement_id, stored_at, ended, processes, samples, "
      "valid,"
      " invalid_because, median_ns, mean_ns, stddev_ns, p90_ns, p99_ns, min_ns, ci95_low_ns,"
      " ci95_high_ns, peak_rss_bytes, model_memory_bytes, per_second, per_second_low,"
      " per_second_high, joules_per_inference, joules_per_inference_low,"
      " joules_per_inference_high) VALUES (:shown, :stored_at, :ended, :processes, :samples,"
      " :valid, :because, :median, :mean, :stddev, :p90, :p99, :min, :low, :high, :peak,"
      " :model_memory, :rate, :rate_low, :rate_high, :joules, :joules_low, :joules_high)");
  BindInteger(insert, ":shown", shown.measurement_id);
  BindText(insert, ":stored_at", shown.stored_at);
  insert.bind(":ended", shown.ended);
  BindFigures(insert, latency);
  BindVerdict(insert, result);
  BindRates(insert, result);
  insert.exec();
}

absl::Status Refresh(Connection& connection, const StaleCell& cell,
                     const v1::JobResult* result = nullptr,
                     const LatencySummary* latency = nullptr) {
  const Shown shown = FindShown(connection, cell);
  if (shown.ended != 1) Remove(connection, cell);
  if (!shown.measurement_id) return absl::OkStatus();
  if (shown.ended == 1 && result != nullptr) {
    Insert(connection, shown, *result, *latency);
    return absl::OkStatus();
  }
  const absl::StatusOr<Measurement> merged = SelectCell(connection, cell.run_id, cell.cell_id);
  if (!merged.ok() && !absl::IsNotFound(merged.status())) return merged.status();
  // Nothing is known where all were cut short.
  const Measurement none;
  const Measurement& known = merged.ok() ? *merged : none;
  Insert(connection, shown, known.result, known.latency);
  return absl::OkStatus();
}

}  // namespace

absl::Status RefreshCellResult(Connection& connection, const std::string& job_id,
                               const v1::JobResult* result, const LatencySummary* latency) {
  CachedStatement select(connection,
                         "SELECT job.run_id, measurement.cell_id FROM measurement"
                         " JOIN job ON job.id = measurement.job_id"
                         " WHERE job.id = :job AND measurement.kind = 'benchmark'");
  BindText(select, ":job", job_id);
  if (!select.executeStep()) return absl::OkStatus();
  return Refresh(connection, {select.getColumn(0).getString(), select.getColumn(1).getInt64()},
                 result, latency);
}

absl::Status RefreshCellResults(Connection& connection,
                                const std::function<void(double)>& progress) {
  const std::vector<StaleCell> stale = StaleCells(connection);
  double refreshed = 0;
  for (const StaleCell& cell : stale) {
    EDGEBENCH_RETURN_IF_ERROR(Refresh(connection, cell));
    progress(++refreshed / static_cast<double>(stale.size()));
  }
  if (!stale.empty()) connection.exec("DELETE FROM stale_cell");
  return absl::OkStatus();
}

absl::Status RefreshCellResults(Database& database) {
  bool any = false;
  EDGEBENCH_RETURN_IF_ERROR(database.Run([&any](Connection& connection) {
    any = SQLite::Statement(connection, "SELECT 1 FROM stale_cell LIMIT 1").executeStep();
    return absl::OkStatus();
  }));
  if (!any) return absl::OkStatus();
  return database.Transact([](Connection& connection) { return RefreshCellResults(connection); });
}

}  // namespace edgebench::db
