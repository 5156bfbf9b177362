#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "db/cell_results.h"
#include "db/connection.h"
#include "db/maintenance.h"
#include "db/maintenance_files.h"
#include "db/migrations.h"
#include "db/result_store.h"
#include "db/scratch_folder.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

// A copy of another file, migrated to the schema of this program, for as long as this lives.
// Beside the file that it is merged into, which has room for it.
class CurrentCopy {
 public:
  static absl::StatusOr<std::unique_ptr<CurrentCopy>> Of(const std::string& other,
                                                         const std::string& beside,
                                                         const StepProgress& progress) {
    EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<ScratchFolder> folder,
                               ScratchFolder::Beside(beside));
    auto copy = std::unique_ptr<CurrentCopy>(new CurrentCopy(std::move(folder)));
    const absl::Status made = copy->Make(other, progress);
    if (made.ok()) return copy;
    // Nobody knows the copy by its name.
    return absl::Status(made.code(), absl::StrReplaceAll(made.message(), {{copy->path(), other}}));
  }
  std::string path() const { return folder_->path() + "/other.db"; }

 private:
  explicit CurrentCopy(std::unique_ptr<ScratchFolder> folder) : folder_(std::move(folder)) {}

  absl::Status Make(const std::string& other, const StepProgress& progress) {
    EDGEBENCH_RETURN_IF_ERROR(
        Database::Copy(other, path(), [&progress](double done) { progress("copying it", done); }));
    progress(absl::StrCat("checking the copy, ", FormatBytes(FileBytes(path()))), std::nullopt);
    EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> migrated, OpenForWriting(path()));
    return migrated->Run([&](Connection& connection) -> absl::Status {
      std::vector<std::string> faults;
      CheckStructure(connection, faults);
      if (faults.empty()) return absl::OkStatus();
      return absl::DataLossError(
          absl::StrCat("database ", other, ": ", faults.front(), "; nothing was merged"));
    });
  }

  const std::unique_ptr<ScratchFolder> folder_;
};

// The columns of a table but some, for both sides of INSERT ... SELECT.
std::vector<std::string> ColumnsOf(Connection& connection, const std::string& table,
                                   const std::vector<std::string>& but) {
  std::vector<std::string> columns =
      TextsOf(connection, absl::StrCat("SELECT name FROM pragma_table_info('", table, "')"));
  for (const std::string& name : but)
    columns.erase(std::remove(columns.begin(), columns.end(), name), columns.end());
  return columns;
}

std::string Qualified(const std::string& table, const std::vector<std::string>& columns) {
  return absl::StrJoin(columns, ", ", [&table](std::string* out, const std::string& column) {
    absl::StrAppend(out, table, ".", column);
  });
}

// Takes over the rows of the database `other`, which is attached, within a transaction.
class Merge {
 public:
  Merge(Connection& connection, const std::map<std::string, std::string>& renames,
        const StepProgress& progress)
      : connection_(connection), renames_(renames), progress_(progress) {}

  absl::StatusOr<MergeReport> Run() {
    MergeReport report;
    report.pending =
        CountOf(connection_, "SELECT count(*) FROM other.job WHERE status = 'pending'");
    connection_.exec(
        "CREATE TEMP TABLE merged_job AS SELECT job.id, job.run_id, measurement.id AS "
        "measurement_id"
        " FROM other.job JOIN other.measurement ON measurement.job_id = job.id WHERE job.id NOT IN"
        " (SELECT job_id FROM main.measurement) ORDER BY measurement.id");
    report.processes = CountOf(connection_, "SELECT count(*) FROM merged_job");
    const std::string theirs =
        "FROM (SELECT measurement.id AS id, run_id, cell_id, measurement.kind AS kind"
        " FROM other.measurement JOIN other.job ON job.id = measurement.job_id) AS process";
    report.measurements = CountMeasurements(
        connection_, theirs + " WHERE process.id IN (SELECT measurement_id FROM merged_job)");
    report.known = CountMeasurements(connection_, theirs) - report.measurements;
    EDGEBENCH_RETURN_IF_ERROR(MapDevices(report));
    report.runs = AddRuns();
    AddEnvironments();
    AddJobs();
    AddCells();
    const int64_t cells = NoteStaleCells();
    const double all = std::max(static_cast<double>(report.processes + cells), 1.0);
    AddMeasurements(report.processes,
                    [&](int64_t added) { Tell(static_cast<double>(added) / all); });
    EDGEBENCH_RETURN_IF_ERROR(RefreshCellResults(connection_, [&](double refreshed) {
      Tell((static_cast<double>(report.processes) + refreshed * static_cast<double>(cells)) / all);
    }));
    return report;
  }

 private:
  void Tell(double done) { progress_("taking over its results", done); }

  // Which machines a device has been, as far as environments tell.
  std::vector<std::string> HostsOf(const char* schema, const std::string& device) {
    SQLite::Statement select(
        connection_,
        absl::StrCat("SELECT DISTINCT hostname FROM ", schema, ".measurement JOIN ", schema,
                     ".job ON job.id = measurement.job_id JOIN ", schema,
                     ".device ON device.id = job.device_id JOIN ", schema,
                     ".device_environment ON device_environment.id = measurement.environment_id"
                     " WHERE device.name = :name AND hostname IS NOT NULL ORDER BY hostname"));
    BindText(select, ":name", device);
    std::vector<std::string> hosts;
    while (select.executeStep()) hosts.push_back(select.getColumn(0).getString());
    return hosts;
  }

  absl::Status CheckIsSameMachine(const std::string& device, const std::string& target) {
    const std::vector<std::string> there = HostsOf("other", device);
    const std::vector<std::string> here = HostsOf("main", target);
    if (there.empty() || here.empty()) return absl::OkStatus();
    for (const std::string& host : there)
      if (std::find(here.begin(), here.end(), host) != here.end()) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "the device '", device, "' of the other database is the machine ",
        absl::StrJoin(there, ", "), ", and '", target, "' here is ", absl::StrJoin(here, ", "),
        ": give it another name here, with --rename ", device, "=", there.front()));
  }

  // Also of devices that have nothing new: a second time is no mistake.
  absl::Status CheckRenames() {
    const std::vector<std::string> devices =
        TextsOf(connection_,
                "SELECT name FROM other.device WHERE id IN (SELECT device_id FROM other.job)"
                " ORDER BY name");
    for (const auto& [from, to] : renames_) {
      if (std::find(devices.begin(), devices.end(), from) == devices.end()) {
        return absl::NotFoundError(absl::StrCat("the other database has no results of a device '",
                                                from,
                                                "'; its devices: ", absl::StrJoin(devices, ", ")));
      }
      if (to != "local") EDGEBENCH_RETURN_IF_ERROR(CheckDeviceName(to));
    }
    return absl::OkStatus();
  }

  // The table device_map: their row, its name there, our row.
  absl::Status MapDevices(MergeReport& report) {
    connection_.exec(
        "CREATE TEMP TABLE device_map (theirs INTEGER PRIMARY KEY, name TEXT, ours INTEGER,"
        " our_name TEXT)");
    const std::vector<std::string> devices =
        TextsOf(connection_,
                "SELECT DISTINCT device.name FROM merged_job JOIN other.job USING (id)"
                " JOIN other.device ON device.id = job.device_id ORDER BY device.name");
    EDGEBENCH_RETURN_IF_ERROR(CheckRenames());
    const std::string names = "SELECT name FROM main.device ORDER BY name";
    const std::vector<std::string> before = TextsOf(connection_, names);
    for (const std::string& device : devices) {
      const auto renamed = renames_.find(device);
      const std::string target = renamed == renames_.end() ? device : renamed->second;
      EDGEBENCH_RETURN_IF_ERROR(CheckIsSameMachine(device, target));
      // Not listed: an address of theirs says nothing here.
      SQLite::Statement add(connection_,
                            "INSERT INTO main.device (name, address, added_at, listed)"
                            " SELECT :target, CASE :target WHEN 'local' THEN '' ELSE address END,"
                            " added_at, 0 FROM other.device WHERE name = :device"
                            " ON CONFLICT (name) DO NOTHING");
      BindText(add, ":target", target);
      BindText(add, ":device", device);
      add.exec();
      SQLite::Statement map(connection_,
                            "INSERT INTO device_map SELECT theirs.id, theirs.name, ours.id,"
                            " ours.name FROM other.device AS theirs, main.device AS ours"
                            " WHERE theirs.name = :device AND ours.name = :target");
      BindText(map, ":target", target);
      BindText(map, ":device", device);
      map.exec();
    }
    const std::vector<std::string> after = TextsOf(connection_, names);
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(report.devices));
    return absl::OkStatus();
  }

  // Without their cells: it is not for this database to go on with them.
  int64_t AddRuns() {
    const int added = connection_.exec(
        "INSERT INTO main.run (id, started_at, finished_at, name, note, trial)"
        " SELECT id, started_at, finished_at, name, note, trial FROM other.run"
        " WHERE id IN (SELECT run_id FROM merged_job) ON CONFLICT (id) DO NOTHING");
    connection_.exec(
        "INSERT INTO main.run_tag SELECT run_id, tag FROM other.run_tag"
        " WHERE run_id IN (SELECT run_id FROM merged_job) ON CONFLICT DO NOTHING");
    return added;
  }

  void AddEnvironments() {
    const std::vector<std::string> columns = ColumnsOf(connection_, "device_environment", {"id"});
    connection_.exec(absl::StrCat(
        "INSERT INTO main.device_environment (", absl::StrJoin(columns, ", "), ") SELECT ",
        Qualified("theirs", columns),
        " FROM other.device_environment AS theirs WHERE id IN (SELECT environment_id"
        " FROM merged_job JOIN other.measurement ON measurement.job_id = merged_job.id)"
        " ON CONFLICT (fingerprint) DO NOTHING"));
  }

  // Where a job was copied here while it ran, only its end is new.
  void AddJobs() {
    const std::vector<std::string> columns = ColumnsOf(
        connection_, "job", {"sequence", "device_id", "acknowledged", "cell_position", "process"});
    connection_.exec(absl::StrCat(
        "INSERT INTO main.job (device_id, acknowledged, ", absl::StrJoin(columns, ", "),
        ") SELECT device_map.ours, 1, ", Qualified("theirs", columns),
        " FROM merged_job JOIN other.job AS theirs USING (id)"
        " JOIN device_map ON device_map.theirs = theirs.device_id WHERE true ORDER BY sequence"
        " ON CONFLICT (id) DO UPDATE SET status = excluded.status"));
  }

  void AddCells() {
    // The name of a cell begins with that of its device.
    connection_.exec("CREATE TEMP TABLE cell_map (theirs INTEGER PRIMARY KEY, name TEXT)");
    connection_.exec(
        "INSERT OR IGNORE INTO cell_map SELECT DISTINCT cell.id,"
        " device_map.our_name || substr(cell.name, length(device_map.name) + 1) AS name"
        " FROM merged_job JOIN other.measurement ON measurement.job_id = merged_job.id"
        " JOIN other.job ON job.id = merged_job.id"
        " JOIN device_map ON device_map.theirs = job.device_id"
        " JOIN other.cell ON cell.id = measurement.cell_id");
    connection_.exec(
        "INSERT INTO main.cell (name) SELECT name FROM cell_map WHERE true"
        " ON CONFLICT (name) DO NOTHING");
  }

  // Their number. The measurements to come are theirs.
  int64_t NoteStaleCells() {
    return connection_.exec(
        "INSERT INTO main.stale_cell (run_id, cell_id) SELECT DISTINCT merged_job.run_id, ours.id"
        " FROM merged_job JOIN other.measurement ON measurement.job_id = merged_job.id"
        " JOIN cell_map ON cell_map.theirs = measurement.cell_id"
        " JOIN main.cell AS ours ON ours.name = cell_map.name"
        " WHERE kind = 'benchmark' ON CONFLICT DO NOTHING");
  }

  // With all that belongs to them, in batches: `progress` is given how many are added.
  void AddMeasurements(int64_t count, const std::function<void(int64_t)>& progress) {
    std::vector<SQLite::Statement> inserts;
    inserts.emplace_back(connection_, MeasurementsInsert());
    for (const char* table : {"sample_list", "telemetry", "profile_operator", "peak"})
      inserts.emplace_back(connection_, PartsInsert(table));
    constexpr int64_t kBatch = 200;
    for (int64_t added = 0; added < count; added += kBatch) {
      progress(added);
      for (SQLite::Statement& insert : inserts) {
        insert.bind(":first", added + 1);
        insert.bind(":last", added + kBatch);
        insert.exec();
        insert.reset();
      }
    }
  }

  std::string MeasurementsInsert() {
    const std::vector<std::string> columns =
        ColumnsOf(connection_, "measurement", {"id", "environment_id", "cell_id"});
    return absl::StrCat(
        "INSERT INTO main.measurement (environment_id, cell_id, ", absl::StrJoin(columns, ", "),
        ") SELECT (SELECT ours.id FROM main.device_environment AS ours"
        " JOIN other.device_environment AS environment USING (fingerprint)"
        " WHERE environment.id = theirs.environment_id),"
        " (SELECT ours.id FROM cell_map JOIN main.cell AS ours USING (name)"
        " WHERE cell_map.theirs = theirs.cell_id), ",
        Qualified("theirs", columns),
        " FROM merged_job CROSS JOIN other.measurement AS theirs ON theirs.job_id = merged_job.id"
        " WHERE merged_job.rowid BETWEEN :first AND :last ORDER BY merged_job.rowid");
  }

  std::string PartsInsert(const std::string& table) {
    const std::vector<std::string> parts = ColumnsOf(connection_, table, {"id", "measurement_id"});
    return absl::StrCat(
        "INSERT INTO main.", table, " (measurement_id, ", absl::StrJoin(parts, ", "),
        ") SELECT ours.id, ", Qualified("part", parts),
        " FROM merged_job CROSS JOIN other.measurement AS theirs ON theirs.job_id = merged_job.id"
        " CROSS JOIN main.measurement AS ours ON ours.job_id = merged_job.id"
        " CROSS JOIN other.",
        table,
        " AS part ON part.measurement_id = theirs.id"
        " WHERE merged_job.rowid BETWEEN :first AND :last ORDER BY merged_job.rowid");
  }

  Connection& connection_;
  const std::map<std::string, std::string>& renames_;
  const StepProgress& progress_;
};

}  // namespace

absl::StatusOr<MergeReport> MergeDatabase(const std::string& path, const std::string& other,
                                          const std::map<std::string, std::string>& renames,
                                          bool dry_run, const StepProgress& progress) {
  if (IsSameFile(path, other))
    return absl::FailedPreconditionError(absl::StrCat(other, " is the database itself"));
  ScratchFolder::RemoveAbandoned(path);
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<CurrentCopy> copy,
                             CurrentCopy::Of(other, path, progress));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                             Database::Open(path, kResultsApplicationId, ResultsMigrations()));
  absl::StatusOr<MergeReport> report;
  EDGEBENCH_RETURN_IF_ERROR(database->Run([&](Connection& connection) {
    SQLite::Statement attach(connection, "ATTACH :path AS other");
    BindText(attach, ":path", copy->path());
    attach.exec();
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    report = Merge(connection, renames, progress).Run();
    if (report.ok() && !dry_run) {
      progress("writing to the disk", std::nullopt);
      transaction.commit();
    }
    return report.status();
  }));
  return report;
}

}  // namespace edgebench::db
