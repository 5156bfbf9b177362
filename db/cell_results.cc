#include "db/cell_results.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/status_macros.h"
#include "db/database.h"
#include "db/measurement_rows.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

struct StaleCell {
  std::string run_id, cell;
};

std::vector<StaleCell> StaleCells(SQLite::Database& connection) {
  SQLite::Statement select(connection, "SELECT run_id, cell FROM cell_result WHERE stale = 1");
  std::vector<StaleCell> cells;
  while (select.executeStep())
    cells.push_back({select.getColumn(0).getString(), select.getColumn(1).getString()});
  return cells;
}

// The process that the views take their other columns from, and how many have ended.
struct Shown {
  std::optional<int64_t> measurement_id;
  std::string stored_at;
  int ended = 0;
};

Shown FindShown(SQLite::Database& connection, const StaleCell& cell) {
  SQLite::Statement select(
      connection,
      "SELECT measurement.id, measurement.outcome = 'ok', measurement.stored_at"
      " FROM measurement JOIN job ON job.id = measurement.job_id"
      " WHERE measurement.cell = :cell AND job.run_id = :run"
      " ORDER BY measurement.stored_at, measurement.id");
  BindText(select, ":cell", cell.cell);
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

void Remove(SQLite::Database& connection, const StaleCell& cell) {
  SQLite::Statement remove(connection,
                           "DELETE FROM cell_result WHERE run_id = :run AND cell = :cell");
  BindText(remove, ":run", cell.run_id);
  BindText(remove, ":cell", cell.cell);
  remove.exec();
}

std::optional<double> IfHas(bool has, double value) {
  return has ? std::optional(value) : std::nullopt;
}

void BindRates(SQLite::Statement& update, const v1::JobResult& result) {
  const v1::Throughput& throughput = result.throughput();
  std::optional<double> rate = IfHas(result.has_throughput(), throughput.per_second());
  if (result.has_server() && result.server().has_rate_per_second())
    rate = result.server().rate_per_second();
  BindReal(update, ":rate", rate);
  BindReal(update, ":rate_low",
           IfHas(throughput.has_per_second_low(), throughput.per_second_low()));
  BindReal(update, ":rate_high",
           IfHas(throughput.has_per_second_high(), throughput.per_second_high()));
  const v1::Energy& energy = result.energy();
  BindReal(update, ":joules",
           IfHas(energy.has_joules_per_inference(), energy.joules_per_inference()));
  BindReal(update, ":joules_low",
           IfHas(energy.has_joules_per_inference_low(), energy.joules_per_inference_low()));
  BindReal(update, ":joules_high",
           IfHas(energy.has_joules_per_inference_high(), energy.joules_per_inference_high()));
}

void BindFigures(SQLite::Statement& update, const LatencySummary& latency) {
  std::optional<int64_t> low, high;
  if (latency.ci95_ns) {
    low = latency.ci95_ns->low;
    high = latency.ci95_ns->high;
  }
  update.bind(":processes", latency.processes);
  update.bind(":samples", latency.samples);
  BindReal(update, ":median", latency.median_ns);
  BindReal(update, ":mean", latency.mean_ns);
  BindReal(update, ":stddev", latency.stddev_ns);
  BindReal(update, ":p90", latency.p90_ns);
  BindReal(update, ":p99", latency.p99_ns);
  BindInteger(update, ":min", latency.min_ns);
  BindInteger(update, ":low", low);
  BindInteger(update, ":high", high);
}

void BindVerdict(SQLite::Statement& update, const v1::JobResult& result) {
  std::optional<int64_t> valid, peak;
  if (result.has_validity()) valid = result.validity().valid();
  if (result.has_peak_rss_bytes()) peak = result.peak_rss_bytes();
  BindInteger(update, ":valid", valid);
  BindTextOrNull(update, ":because", absl::StrJoin(result.validity().reasons(), "; "));
  BindInteger(update, ":peak", peak);
  BindInteger(update, ":model_memory", ModelMemoryBytes(result));
}

absl::Status Refresh(SQLite::Database& connection, const StaleCell& cell) {
  const Shown shown = FindShown(connection, cell);
  if (!shown.measurement_id) {
    Remove(connection, cell);
    return absl::OkStatus();
  }
  const absl::StatusOr<Measurement> merged = SelectCell(connection, cell.run_id, cell.cell);
  if (!merged.ok() && !absl::IsNotFound(merged.status())) return merged.status();
  SQLite::Statement update(
      connection,
      "UPDATE cell_result SET measurement_id = :shown, stored_at = :stored_at, ended = :ended,"
      " processes = :processes, samples = :samples, valid = :valid, invalid_because = :because,"
      " median_ns = :median, mean_ns = :mean, stddev_ns = :stddev, p90_ns = :p90, p99_ns = :p99,"
      " min_ns = :min, ci95_low_ns = :low, ci95_high_ns = :high, peak_rss_bytes = :peak,"
      " model_memory_bytes = :model_memory, per_second = :rate, per_second_low = :rate_low,"
      " per_second_high = :rate_high, joules_per_inference = :joules,"
      " joules_per_inference_low = :joules_low, joules_per_inference_high = :joules_high,"
      " stale = 0 WHERE run_id = :run AND cell = :cell");
  BindInteger(update, ":shown", shown.measurement_id);
  BindText(update, ":stored_at", shown.stored_at);
  update.bind(":ended", shown.ended);
  // Nothing is known where all were cut short.
  const Measurement none;
  const Measurement& known = merged.ok() ? *merged : none;
  BindFigures(update, known.latency);
  BindVerdict(update, known.result);
  BindRates(update, known.result);
  BindText(update, ":run", cell.run_id);
  BindText(update, ":cell", cell.cell);
  update.exec();
  return absl::OkStatus();
}

}  // namespace

void MarkStale(SQLite::Database& connection, const std::string& job_id) {
  SQLite::Statement mark(
      connection,
      "INSERT INTO cell_result (run_id, cell) SELECT job.run_id, measurement.cell FROM measurement"
      " JOIN job ON job.id = measurement.job_id"
      " WHERE job.id = :job AND measurement.kind = 'benchmark'"
      " ON CONFLICT (run_id, cell) DO UPDATE SET stale = 1");
  BindText(mark, ":job", job_id);
  mark.exec();
}

absl::Status RefreshCellResults(SQLite::Database& connection) {
  for (const StaleCell& cell : StaleCells(connection))
    EDGEBENCH_RETURN_IF_ERROR(Refresh(connection, cell));
  return absl::OkStatus();
}

absl::Status RefreshCellResults(Database& database) {
  bool any = false;
  EDGEBENCH_RETURN_IF_ERROR(database.Run([&any](SQLite::Database& connection) {
    any = SQLite::Statement(connection, "SELECT 1 FROM cell_result WHERE stale = 1 LIMIT 1")
              .executeStep();
    return absl::OkStatus();
  }));
  if (!any) return absl::OkStatus();
  return database.Transact(
      [](SQLite::Database& connection) { return RefreshCellResults(connection); });
}

}  // namespace edgebench::db
