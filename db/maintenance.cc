#include "db/maintenance.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/maintenance_files.h"
#include "db/measurement_rows.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

absl::StatusOr<std::optional<absl::Time>> TimeOf(Connection& connection, const std::string& query) {
  const std::vector<std::string> found = TextsOf(connection, query);
  if (found.empty() || found.front().empty()) return std::nullopt;
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::Time time, TimeOfText(found.front()));
  return time;
}

absl::Status Describe(Connection& connection, DatabaseInfo& info) {
  info.schema_version = static_cast<int>(CountOf(connection, "PRAGMA user_version"));
  info.runs = CountOf(connection, "SELECT count(*) FROM run");
  info.measurements = CountMeasurements(
      connection,
      "FROM (SELECT measurement.id AS id, run_id, cell_id, measurement.kind AS kind"
      " FROM measurement JOIN job ON job.id = measurement.job_id) AS process");
  info.processes = CountOf(connection, "SELECT count(*) FROM measurement");
  info.samples = CountOf(connection, "SELECT coalesce(sum(samples), 0) FROM measurement");
  info.environments = CountOf(connection, "SELECT count(*) FROM device_environment");
  info.pending_jobs = CountOf(connection, "SELECT count(*) FROM job WHERE status = 'pending'");
  info.devices = TextsOf(connection,
                         "SELECT name FROM device WHERE listed = 1 OR id IN"
                         " (SELECT device_id FROM job) ORDER BY name");
  info.models = TextsOf(connection,
                        "SELECT DISTINCT model FROM measurement WHERE model <> '' ORDER BY model");
  EDGEBENCH_ASSIGN_OR_RETURN(info.first_stored,
                             TimeOf(connection, "SELECT min(stored_at) FROM measurement"));
  EDGEBENCH_ASSIGN_OR_RETURN(info.last_stored,
                             TimeOf(connection, "SELECT max(stored_at) FROM measurement"));
  return absl::OkStatus();
}

bool Differs(const SQLite::Column& stored, std::optional<double> computed) {
  if (stored.isNull()) return computed.has_value();
  return !computed || stored.getDouble() != *computed;
}

// Each result is read as commands read it, and the figures that plain SQL sees are computed again.
void CheckResults(Connection& connection, const StepProgress& progress,
                  std::vector<std::string>& faults) {
  const std::string shown =
      " FROM cell_result JOIN measurement ON measurement.id = cell_result.measurement_id"
      " JOIN job ON job.id = measurement.job_id"
      " WHERE measurement.outcome NOT IN ('cancelled', 'interrupted')";
  const int64_t all = CountOf(connection, absl::StrCat("SELECT count(*)", shown));
  SQLite::Statement select(connection, absl::StrCat("SELECT job.run_id, measurement.cell_id,"
                                                    " cell_result.median_ns, cell_result.samples,"
                                                    " measurement.id",
                                                    shown));
  int64_t read = 0;
  int count = 0;
  while (count < kMostFaults && select.executeStep()) {
    progress("its results", ShareOf(read++, all));
    const auto merged =
        SelectCell(connection, select.getColumn(0).getString(), select.getColumn(1).getInt64());
    const std::string name = absl::StrCat("measurement ", select.getColumn(4).getString());
    if (!merged.ok()) {
      faults.push_back(absl::StrCat(name, ": ", merged.status().message()));
      ++count;
    } else if (Differs(select.getColumn(2), merged->latency.median_ns) ||
               select.getColumn(3).getInt64() != merged->latency.samples) {
      faults.push_back(absl::StrCat(name, ": its figures are not those of its samples"));
      ++count;
    }
  }
}

}  // namespace

absl::StatusOr<DatabaseInfo> DescribeDatabase(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenForReading(path));
  DatabaseInfo info;
  info.file_bytes = FileBytes(path) + FileBytes(path + "-wal");
  EDGEBENCH_RETURN_IF_ERROR(
      database->Run([&info](Connection& connection) { return Describe(connection, info); }));
  return info;
}

absl::StatusOr<std::vector<std::string>> CheckDatabase(const std::string& path,
                                                       const StepProgress& progress) {
  std::vector<std::string> faults;
  const absl::StatusOr<std::unique_ptr<Database>> database = OpenForReading(path);
  absl::Status status = database.status();
  if (status.ok()) {
    progress(absl::StrCat("its pages, ", FormatBytes(FileBytes(path))), std::nullopt);
    status = (*database)->Run([&](Connection& connection) {
      CheckStructure(connection, faults);
      CheckResults(connection, progress, faults);
      return absl::OkStatus();
    });
  }
  // Damage may stop the check itself: that is its answer.
  if (absl::IsDataLoss(status)) {
    faults.emplace_back(status.message());
    return faults;
  }
  EDGEBENCH_RETURN_IF_ERROR(status);
  return faults;
}

absl::Status BackUpDatabase(const std::string& path, const std::string& to, bool overwrite,
                            const StepProgress& progress) {
  if (IsSameFile(path, to)) {
    return absl::InvalidArgumentError(
        absl::StrCat(to, " is the database itself: name another file"));
  }
  EDGEBENCH_RETURN_IF_ERROR(Database::CheckName(to));
  struct stat info;
  if (!overwrite && lstat(to.c_str(), &info) == 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a file ", to, " already: name another one, or say --force"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenForReading(path));
  return Database::Copy(path, to, [&progress](double done) { progress("", done); });
}

}  // namespace edgebench::db
