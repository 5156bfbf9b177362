#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "db/measurement_rows.h"
#include "db/sqlite_values.h"
#include "db/telemetry_rows.h"

namespace edgebench::db {
namespace {

// Conditions with the values that are bound to their question marks.
struct Conditions {
  std::vector<std::string> terms;
  std::vector<std::string> values;

  void AnyOf(const char* column, const std::vector<std::string>& allowed) {
    if (allowed.empty()) return;
    const std::vector<std::string> marks(allowed.size(), "?");
    terms.push_back(absl::StrCat(column, " IN (", absl::StrJoin(marks, ", "), ")"));
    values.insert(values.end(), allowed.begin(), allowed.end());
  }
};

Conditions ConditionsOf(const MeasurementFilter& filter) {
  Conditions conditions;
  conditions.AnyOf("measurement.model", filter.models);
  conditions.AnyOf("device.name", filter.devices);
  conditions.AnyOf("measurement.precision", filter.precisions);
  conditions.AnyOf("measurement.kind", filter.kinds);
  if (filter.run_id) conditions.AnyOf("job.run_id", {*filter.run_id});
  if (filter.job_id) conditions.AnyOf("measurement.job_id", {*filter.job_id});
  // As the view latest_results: an attempt that was cut short answers nothing.
  if (filter.latest_per_cell)
    conditions.terms.push_back("measurement.outcome NOT IN ('cancelled', 'interrupted')");
  return conditions;
}

// The rows of the newest groups that are wanted, the oldest group first. A group is what
// becomes one measurement: processes of one cell in one run, or a single job of another kind.
std::string QueryOf(const MeasurementFilter& filter, const Conditions& conditions) {
  const std::string where = conditions.terms.empty()
                                ? ""
                                : absl::StrCat(" WHERE ", absl::StrJoin(conditions.terms, " AND "));
  const std::string limit = filter.limit > 0 ? absl::StrCat(" LIMIT ", filter.limit) : "";
  return absl::StrCat(
      "WITH matching AS (SELECT measurement.id AS id, cell, job.run_id AS run_id,"
      "   CASE kind WHEN 'benchmark' THEN 0 ELSE measurement.id END AS single"
      "   FROM measurement JOIN job ON job.id = measurement.job_id"
      "   JOIN device ON device.id = job.device_id",
      where,
      "),"
      " cells AS (SELECT max(id) AS newest, cell, run_id, single FROM matching"
      "   GROUP BY cell, run_id, single),"
      " wanted AS (SELECT newest, cell, run_id, single FROM cells",
      filter.latest_per_cell ? " WHERE newest IN (SELECT max(newest) FROM cells GROUP BY cell)"
                             : "",
      " ORDER BY newest DESC", limit,
      ")"
      " SELECT measurement.id, measurement.job_id, job.run_id, device.name,"
      "   measurement.stored_at, measurement.result, environment.content, wanted.newest"
      " FROM wanted JOIN matching USING (cell, run_id, single)"
      " JOIN measurement ON measurement.id = matching.id"
      " JOIN job ON job.id = measurement.job_id JOIN device ON device.id = job.device_id"
      " LEFT JOIN environment ON environment.id = measurement.environment_id"
      " ORDER BY wanted.newest, measurement.id");
}

absl::Status ReadEnvironment(const SQLite::Column& content, v1::JobResult& result) {
  if (content.isNull()) return absl::OkStatus();
  v1::Environment environment;
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(content, &environment));
  // What is momentary was kept with the result.
  environment.MergeFrom(result.environment());
  *result.mutable_environment() = std::move(environment);
  return absl::OkStatus();
}

void ReadSamples(SQLite::Database& connection, int64_t measurement_id, v1::JobResult& result) {
  SQLite::Statement select(connection,
                           "SELECT kind = 'measured', sample.value FROM sample_block,"
                           " json_each(samples_ns) AS sample WHERE measurement_id = :id"
                           " ORDER BY sample_block.position, sample.key");
  select.bind(":id", measurement_id);
  while (select.executeStep()) {
    const int64_t nanos = select.getColumn(1).getInt64();
    if (select.getColumn(0).getInt() != 0) {
      result.mutable_latency()->add_measured_ns(nanos);
    } else {
      result.mutable_latency()->add_warm_up_ns(nanos);
    }
  }
}

absl::StatusOr<Measurement> ReadRow(SQLite::Database& connection, SQLite::Statement& select) {
  Measurement measurement;
  measurement.id = select.getColumn(0).getInt64();
  measurement.job_id = select.getColumn(1).getString();
  measurement.run_id = select.getColumn(2).getString();
  measurement.device = select.getColumn(3).getString();
  EDGEBENCH_ASSIGN_OR_RETURN(measurement.stored_time, TimeOfText(select.getColumn(4).getString()));
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(5), &measurement.result));
  EDGEBENCH_RETURN_IF_ERROR(ReadEnvironment(select.getColumn(6), measurement.result));
  ReadSamples(connection, measurement.id, measurement.result);
  if (measurement.result.has_telemetry()) {
    ReadTelemetry(connection, measurement.id, *measurement.result.mutable_telemetry());
  }
  const auto& measured = measurement.result.latency().measured_ns();
  measurement.processes = {{measured.begin(), measured.end()}};
  measurement.latency = SummarizeProcesses(measurement.processes);
  return measurement;
}

// The rows of one group.
struct Group {
  int64_t newest_id = 0;
  std::vector<Measurement> processes;
};

void AddTo(std::vector<Group>& groups, int64_t newest_id, Measurement measurement) {
  if (groups.empty() || groups.back().newest_id != newest_id) groups.push_back({newest_id, {}});
  groups.back().processes.push_back(std::move(measurement));
}

}  // namespace

absl::StatusOr<std::vector<Measurement>> SelectMeasurements(SQLite::Database& connection,
                                                            const MeasurementFilter& filter) {
  const Conditions conditions = ConditionsOf(filter);
  SQLite::Statement select(connection, QueryOf(filter, conditions));
  for (size_t i = 0; i < conditions.values.size(); ++i) {
    select.bind(static_cast<int>(i + 1), conditions.values[i]);
  }
  std::vector<Group> groups;
  while (select.executeStep()) {
    const int64_t newest_id = select.getColumn(7).getInt64();
    EDGEBENCH_ASSIGN_OR_RETURN(Measurement measurement, ReadRow(connection, select));
    AddTo(groups, newest_id, std::move(measurement));
  }
  std::vector<Measurement> measurements;
  for (Group& group : groups) measurements.push_back(MergeProcesses(std::move(group.processes)));
  return measurements;
}

absl::StatusOr<std::vector<JobDuration>> SelectDurations(SQLite::Database& connection,
                                                         const std::string& device, int limit) {
  SQLite::Statement select(connection,
                           "SELECT measurement.result, measurement.median_ns FROM measurement"
                           " JOIN job ON job.id = measurement.job_id"
                           " JOIN device ON device.id = job.device_id"
                           " WHERE device.name = :device AND measurement.kind = 'benchmark'"
                           " AND measurement.outcome = 'ok'"
                           " ORDER BY measurement.id DESC LIMIT :limit");
  BindText(select, ":device", device);
  select.bind(":limit", limit);
  std::vector<JobDuration> durations;
  while (select.executeStep()) {
    v1::JobResult result;
    EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(0), &result));
    JobDuration& job = durations.emplace_back();
    job.settings = result.settings();
    job.duration = FromProto(result.finished_time()) - FromProto(result.started_time());
    job.stages.assign(result.stages().begin(), result.stages().end());
    if (!select.getColumn(1).isNull()) job.median_ns = select.getColumn(1).getDouble();
    if (result.model().has_flops()) job.flops = result.model().flops();
    if (result.model().has_parameters()) job.parameters = result.model().parameters();
  }
  return durations;
}

}  // namespace edgebench::db
