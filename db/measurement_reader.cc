#include <charconv>
#include <cstddef>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/measurement_rows.h"
#include "db/run_rows.h"
#include "db/sqlite_values.h"
#include "db/telemetry_rows.h"

namespace edgebench::db {
namespace {

// Conditions with the values that are bound to their question marks.
struct Conditions {
  std::vector<std::string> terms;
  std::vector<std::string> values;

  void AnyOf(const char* column, const std::vector<std::string>& allowed) {
    if (!allowed.empty()) Add(absl::StrCat(column, " IN ", Marks(allowed)), allowed);
  }
  void Add(std::string term, const std::vector<std::string>& bound = {}) {
    terms.push_back(std::move(term));
    values.insert(values.end(), bound.begin(), bound.end());
  }
  std::string Where() const {
    return terms.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(terms, " AND "));
  }
  static std::string Marks(const std::vector<std::string>& allowed) {
    return absl::StrCat("(", absl::StrJoin(std::vector<std::string>(allowed.size(), "?"), ", "),
                        ")");
  }
};

constexpr char kCutShort[] = "('cancelled', 'interrupted')";

// Of single rows.
Conditions ConditionsOfRows(const MeasurementFilter& filter) {
  Conditions conditions;
  conditions.AnyOf("measurement.model", filter.models);
  conditions.AnyOf("device.name", filter.devices);
  conditions.AnyOf("measurement.precision", filter.precisions);
  conditions.AnyOf("measurement.kind", filter.kinds);
  if (filter.run_id) conditions.AnyOf("job.run_id", {*filter.run_id});
  if (filter.job_id) conditions.AnyOf("measurement.job_id", {*filter.job_id});
  if (!filter.tags.empty()) {
    conditions.Add(absl::StrCat("job.run_id IN (SELECT run_id FROM run_tag WHERE tag IN ",
                                Conditions::Marks(filter.tags), ")"),
                   filter.tags);
  }
  // As the view latest_results: an attempt that was cut short answers nothing.
  if (filter.latest_per_cell)
    conditions.Add(absl::StrCat("measurement.outcome NOT IN ", kCutShort));
  if (filter.valid_only) {
    conditions.Add(
        "measurement.outcome = 'ok' AND CASE kind WHEN 'benchmark' THEN (SELECT cell_result.valid"
        " FROM measurement AS shown JOIN job AS shown_job ON shown_job.id = shown.job_id"
        " JOIN cell_result ON cell_result.measurement_id = shown.id"
        " WHERE shown.cell_id = measurement.cell_id AND +shown_job.run_id = job.run_id)"
        " ELSE coalesce(measurement.valid, 1) END = 1");
  }
  return conditions;
}

// Of groups, whose age is that of their newest row.
Conditions ConditionsOfGroups(const MeasurementFilter& filter) {
  Conditions conditions;
  if (filter.since) conditions.Add("newest >= ?", {TextOfTime(*filter.since)});
  if (filter.until) conditions.Add("newest < ?", {TextOfTime(*filter.until)});
  // What only tried a plan is older than anything else.
  if (filter.latest_per_cell) {
    conditions.Add(
        "newest IN (SELECT substr(max((1 - trial) || newest), 2) FROM cells GROUP BY cell_id)");
  }
  return conditions;
}

// The rows of the newest groups that are wanted, the oldest group first. A group is what
// becomes one measurement: processes of one cell in one run, or a single job of another kind.
// Its age is when its last result was stored, not the order of rows: merging a colleague's
// database adds old results last.
std::string QueryOf(const MeasurementFilter& filter, const Conditions& rows,
                    const Conditions& groups) {
  const std::string limit = filter.limit > 0 ? absl::StrCat(" LIMIT ", filter.limit) : "";
  return absl::StrCat(
      "WITH matching AS MATERIALIZED (SELECT measurement.id AS id, cell_id, job.run_id AS run_id,"
      "   run.trial AS trial, measurement.stored_at || printf(' %020d', measurement.id) AS age,"
      "   CASE kind WHEN 'benchmark' THEN 0 ELSE measurement.id END AS single"
      "   FROM measurement JOIN job ON job.id = measurement.job_id"
      "   JOIN run ON run.id = job.run_id JOIN device ON device.id = job.device_id",
      rows.Where(),
      "),"
      " cells AS MATERIALIZED (SELECT max(age) AS newest, trial, cell_id, run_id, single FROM "
      "matching"
      "   GROUP BY cell_id, run_id, single),"
      " wanted AS (SELECT newest, cell_id, run_id, single FROM cells",
      groups.Where(), " ORDER BY newest DESC", limit,
      ")"
      " SELECT measurement.id, measurement.job_id, job.run_id, device.name,"
      "   measurement.stored_at, measurement.result, device_environment.content, wanted.newest"
      " FROM wanted JOIN matching USING (cell_id, run_id, single)"
      " JOIN measurement ON measurement.id = matching.id"
      " JOIN job ON job.id = measurement.job_id JOIN device ON device.id = job.device_id"
      " LEFT JOIN device_environment ON device_environment.id = measurement.environment_id"
      " ORDER BY wanted.newest, matching.age");
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

// "[8500123,8499876]", as InsertSamples writes it. The database has checked that it is JSON;
// json_each takes several times as long.
absl::Status ParseSamples(const SQLite::Column& column,
                          google::protobuf::RepeatedField<int64_t>& samples) {
  absl::Status damaged =
      absl::DataLossError("a list of samples is no list of whole numbers of nanoseconds");
  absl::string_view text(column.getText(), static_cast<size_t>(column.getBytes()));
  if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]")) return damaged;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    int64_t nanos = 0;
    const auto [next, error] = std::from_chars(at, end, nanos);
    if (error != std::errc() || (next != end && *next != ',')) return damaged;
    samples.Add(nanos);
    at = next == end ? end : next + 1;
  }
  return absl::OkStatus();
}

absl::Status ReadSamples(SQLite::Statement& select, int64_t measurement_id, v1::JobResult& result) {
  select.reset();
  select.bind(":id", measurement_id);
  if (!select.executeStep()) return absl::OkStatus();
  v1::LatencySamples& latency = *result.mutable_latency();
  EDGEBENCH_RETURN_IF_ERROR(ParseSamples(select.getColumn(0), *latency.mutable_warm_up_ns()));
  return ParseSamples(select.getColumn(1), *latency.mutable_measured_ns());
}

// Reads rows of QueryOf; what rows have in common is read once.
class RowReader {
 public:
  explicit RowReader(Connection& connection)
      : connection_(connection),
        samples_(connection,
                 "SELECT warm_up_ns, measured_ns FROM sample_list WHERE measurement_id = :id") {}

  absl::StatusOr<Measurement> Read(SQLite::Statement& select) {
    Measurement measurement;
    measurement.id = select.getColumn(0).getInt64();
    measurement.job_id = select.getColumn(1).getString();
    measurement.run_id = select.getColumn(2).getString();
    measurement.device = select.getColumn(3).getString();
    EDGEBENCH_ASSIGN_OR_RETURN(measurement.stored_time,
                               TimeOfText(select.getColumn(4).getString()));
    EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(5), &measurement.result));
    EDGEBENCH_RETURN_IF_ERROR(ReadEnvironment(select.getColumn(6), measurement.result));
    EDGEBENCH_RETURN_IF_ERROR(ReadSamples(samples_, measurement.id, measurement.result));
    if (measurement.result.has_telemetry()) {
      ReadTelemetry(connection_, measurement.id, *measurement.result.mutable_telemetry());
    }
    measurement.labels = LabelsOf(measurement.run_id);
    const auto& measured = measurement.result.latency().measured_ns();
    measurement.processes = {{measured.begin(), measured.end()}};
    return measurement;
  }

 private:
  const RunLabels& LabelsOf(const std::string& run_id) {
    const auto known = labels_.find(run_id);
    if (known != labels_.end()) return known->second;
    return labels_[run_id] = LabelsOfRun(connection_, run_id);
  }

  Connection& connection_;
  SQLite::Statement samples_;
  std::map<std::string, RunLabels> labels_;
};

absl::StatusOr<std::vector<Measurement>> ReadGroups(Connection& connection,
                                                    SQLite::Statement& select) {
  std::vector<Measurement> measurements;
  std::vector<Measurement> group;
  std::string newest_of_group;
  const auto finish_group = [&] {
    if (group.empty()) return;
    Measurement merged = MergeProcesses(std::move(group));
    // Merging several that ended ok has summarized them together.
    if (merged.latency.processes == 0) merged.latency = SummarizeProcesses(merged.processes);
    measurements.push_back(std::move(merged));
    group.clear();
  };
  RowReader reader(connection);
  while (select.executeStep()) {
    std::string newest = select.getColumn(7).getString();
    if (newest != newest_of_group) finish_group();
    newest_of_group = std::move(newest);
    EDGEBENCH_ASSIGN_OR_RETURN(Measurement measurement, reader.Read(select));
    group.push_back(std::move(measurement));
  }
  finish_group();
  return measurements;
}

}  // namespace

absl::StatusOr<std::vector<Measurement>> SelectMeasurements(Connection& connection,
                                                            const MeasurementFilter& filter) {
  const Conditions rows = ConditionsOfRows(filter);
  const Conditions groups = ConditionsOfGroups(filter);
  CachedStatement select(connection, QueryOf(filter, rows, groups));
  int position = 0;
  for (const Conditions* conditions : {&rows, &groups})
    for (const std::string& value : conditions->values) select.bind(++position, value);
  return ReadGroups(connection, select);
}

absl::StatusOr<Measurement> SelectCell(Connection& connection, const std::string& run_id,
                                       int64_t cell_id) {
  CachedStatement select(
      connection,
      absl::StrCat("SELECT measurement.id, measurement.job_id, job.run_id, device.name,"
                   " measurement.stored_at, measurement.result, device_environment.content, ''"
                   " FROM measurement JOIN job ON job.id = measurement.job_id"
                   " JOIN device ON device.id = job.device_id LEFT JOIN device_environment"
                   " ON device_environment.id = measurement.environment_id"
                   " WHERE measurement.cell_id = :cell AND +job.run_id = :run"
                   " AND measurement.outcome NOT IN ",
                   kCutShort, " ORDER BY measurement.stored_at, measurement.id"));
  select.bind(":cell", cell_id);
  BindText(select, ":run", run_id);
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<Measurement> measurements, ReadGroups(connection, select));
  if (measurements.empty()) return absl::NotFoundError("no process of this cell has ended");
  return std::move(measurements.front());
}

absl::StatusOr<std::vector<JobDuration>> SelectDurations(Connection& connection,
                                                         const std::string& device, int limit) {
  CachedStatement select(connection,
                         "SELECT measurement.result, measurement.median_ns, run.trial"
                         " FROM measurement JOIN job ON job.id = measurement.job_id"
                         " JOIN run ON run.id = job.run_id"
                         " JOIN device ON device.id = job.device_id"
                         " WHERE device.name = :device AND measurement.kind = 'benchmark'"
                         " AND measurement.outcome = 'ok'"
                         " ORDER BY measurement.id DESC LIMIT :limit");
  BindText(select, ":device", device);
  // SQLite takes a negative limit for none.
  select.bind(":limit", limit > 0 ? limit : -1);
  std::vector<JobDuration> durations;
  while (select.executeStep()) {
    v1::JobResult result;
    EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(0), &result));
    JobDuration& job = durations.emplace_back();
    job.settings = result.settings();
    job.duration = FromProto(result.finished_time()) - FromProto(result.started_time());
    job.stages.assign(result.stages().begin(), result.stages().end());
    if (!select.getColumn(1).isNull()) job.median_ns = select.getColumn(1).getDouble();
    job.trial = select.getColumn(2).getInt() != 0;
    if (result.model().has_flops()) job.flops = result.model().flops();
    if (result.model().has_parameters()) job.parameters = result.model().parameters();
  }
  return durations;
}

}  // namespace edgebench::db
