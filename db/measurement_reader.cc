#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "db/measurement_rows.h"
#include "db/sqlite_values.h"

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
  // As the view latest_results: an attempt that was cut short answers nothing.
  if (filter.latest_per_cell)
    conditions.terms.push_back("measurement.outcome NOT IN ('cancelled', 'interrupted')");
  return conditions;
}

// The newest rows that are wanted, turned round so that the oldest comes first.
std::string QueryOf(const MeasurementFilter& filter, const Conditions& conditions) {
  std::string matching = absl::StrCat(
      "SELECT measurement.id AS id, cell FROM measurement"
      " JOIN job ON job.id = measurement.job_id JOIN device ON device.id = job.device_id",
      conditions.terms.empty() ? "" : " WHERE ", absl::StrJoin(conditions.terms, " AND "));
  if (filter.latest_per_cell) {
    matching = absl::StrCat("SELECT max(id) AS id FROM (", matching, ") GROUP BY cell");
  }
  absl::StrAppend(&matching, " ORDER BY id DESC");
  if (filter.limit > 0) absl::StrAppend(&matching, " LIMIT ", filter.limit);
  return absl::StrCat(
      "SELECT measurement.id, measurement.job_id, job.run_id, device.name, measurement.stored_at,"
      " measurement.result, environment.content FROM measurement"
      " JOIN job ON job.id = measurement.job_id JOIN device ON device.id = job.device_id"
      " LEFT JOIN environment ON environment.id = measurement.environment_id"
      " WHERE measurement.id IN (SELECT id FROM (",
      matching, ")) ORDER BY measurement.id");
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
  const auto& measured = measurement.result.latency().measured_ns();
  measurement.latency = Summarize({measured.begin(), measured.end()});
  return measurement;
}

}  // namespace

absl::StatusOr<std::vector<Measurement>> SelectMeasurements(SQLite::Database& connection,
                                                            const MeasurementFilter& filter) {
  const Conditions conditions = ConditionsOf(filter);
  SQLite::Statement select(connection, QueryOf(filter, conditions));
  for (size_t i = 0; i < conditions.values.size(); ++i) {
    select.bind(static_cast<int>(i + 1), conditions.values[i]);
  }
  std::vector<Measurement> measurements;
  while (select.executeStep()) {
    EDGEBENCH_ASSIGN_OR_RETURN(Measurement measurement, ReadRow(connection, select));
    measurements.push_back(std::move(measurement));
  }
  return measurements;
}

}  // namespace edgebench::db
