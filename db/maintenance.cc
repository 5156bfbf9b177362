#include "db/maintenance.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "db/cell_results.h"
#include "db/connection.h"
#include "db/measurement_rows.h"
#include "db/migrations.h"
#include "db/result_store.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& path) {
  return Database::OpenReadOnly(path, kResultsApplicationId, ResultsMigrations());
}

// Migrates, but makes no file.
absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT)
    return absl::NotFoundError(absl::StrCat("there is no database ", path));
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                             Database::Open(path, kResultsApplicationId, ResultsMigrations()));
  EDGEBENCH_RETURN_IF_ERROR(RefreshCellResults(*database));
  return database;
}

int64_t FileBytes(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

int64_t Count(Connection& connection, const std::string& query) {
  return connection.execAndGet(query).getInt64();
}

std::vector<std::string> Texts(Connection& connection, const std::string& query) {
  SQLite::Statement select(connection, query);
  std::vector<std::string> texts;
  while (select.executeStep()) texts.push_back(select.getColumn(0).getString());
  return texts;
}

absl::StatusOr<std::optional<absl::Time>> TimeOf(Connection& connection, const std::string& query) {
  const std::vector<std::string> found = Texts(connection, query);
  if (found.empty() || found.front().empty()) return std::nullopt;
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::Time time, TimeOfText(found.front()));
  return time;
}

absl::Status Describe(Connection& connection, DatabaseInfo& info) {
  info.schema_version = static_cast<int>(Count(connection, "PRAGMA user_version"));
  info.runs = Count(connection, "SELECT count(*) FROM run");
  info.measurements = Count(connection, "SELECT count(*) FROM measurement");
  info.samples = Count(connection, "SELECT coalesce(sum(samples), 0) FROM measurement");
  info.environments = Count(connection, "SELECT count(*) FROM device_environment");
  info.pending_jobs = Count(connection, "SELECT count(*) FROM job WHERE status = 'pending'");
  info.devices = Texts(connection,
                       "SELECT name FROM device WHERE listed = 1 OR id IN"
                       " (SELECT device_id FROM job) ORDER BY name");
  info.models =
      Texts(connection, "SELECT DISTINCT model FROM measurement WHERE model <> '' ORDER BY model");
  EDGEBENCH_ASSIGN_OR_RETURN(info.first_stored,
                             TimeOf(connection, "SELECT min(stored_at) FROM measurement"));
  EDGEBENCH_ASSIGN_OR_RETURN(info.last_stored,
                             TimeOf(connection, "SELECT max(stored_at) FROM measurement"));
  return absl::OkStatus();
}

// At most so many sentences of one kind: a damaged file has thousands.
constexpr int kMostFaults = 20;

void CheckPages(Connection& connection, std::vector<std::string>& faults) {
  SQLite::Statement check(connection, absl::StrCat("PRAGMA integrity_check(", kMostFaults, ")"));
  while (check.executeStep()) {
    std::string line = check.getColumn(0).getString();
    if (line != "ok") faults.push_back(absl::StrCat("the file is damaged: ", line));
  }
}

void CheckReferences(Connection& connection, std::vector<std::string>& faults) {
  SQLite::Statement check(connection, "PRAGMA foreign_key_check");
  for (int count = 0; count < kMostFaults && check.executeStep(); ++count) {
    faults.push_back(absl::StrCat("row ", check.getColumn(1).getString(), " of ",
                                  check.getColumn(0).getString(), " refers to a row of ",
                                  check.getColumn(2).getString(), " that is not there"));
  }
}

bool Differs(const SQLite::Column& stored, std::optional<double> computed) {
  if (stored.isNull()) return computed.has_value();
  return !computed || stored.getDouble() != *computed;
}

// Each result is read as commands read it, and the figures that plain SQL sees are computed again.
void CheckResults(Connection& connection, std::vector<std::string>& faults) {
  SQLite::Statement select(connection,
                           "SELECT job.run_id, measurement.cell_id, cell_result.median_ns,"
                           " cell_result.samples, measurement.id FROM cell_result"
                           " JOIN measurement ON measurement.id = cell_result.measurement_id"
                           " JOIN job ON job.id = measurement.job_id"
                           " WHERE measurement.outcome NOT IN ('cancelled', 'interrupted')");
  int count = 0;
  while (count < kMostFaults && select.executeStep()) {
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

// A copy of another file, migrated to the schema of this program, for as long as this lives.
// Beside the file that it is merged into, which has room for it.
class CurrentCopy {
 public:
  static absl::StatusOr<std::unique_ptr<CurrentCopy>> Of(const std::string& other,
                                                         const std::string& beside) {
    std::string folder = absl::StrCat(beside, ".merge-XXXXXX");
    if (mkdtemp(folder.data()) == nullptr)
      return ErrnoStatus(errno, absl::StrCat("cannot make a folder beside ", beside));
    auto copy = std::unique_ptr<CurrentCopy>(new CurrentCopy(std::move(folder)));
    const absl::Status made = copy->Make(other);
    if (made.ok()) return copy;
    // Nobody knows the copy by its name.
    return absl::Status(made.code(), absl::StrReplaceAll(made.message(), {{copy->path(), other}}));
  }
  ~CurrentCopy() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  CurrentCopy(const CurrentCopy&) = delete;
  CurrentCopy& operator=(const CurrentCopy&) = delete;
  std::string path() const { return folder_ + "/other.db"; }

 private:
  explicit CurrentCopy(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Make(const std::string& other) {
    EDGEBENCH_RETURN_IF_ERROR(Database::Copy(other, path()));
    EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> migrated, OpenForWriting(path()));
    return migrated->Run([&](Connection& connection) -> absl::Status {
      std::vector<std::string> faults;
      CheckPages(connection, faults);
      CheckReferences(connection, faults);
      if (faults.empty()) return absl::OkStatus();
      return absl::DataLossError(
          absl::StrCat("database ", other, ": ", faults.front(), "; nothing was merged"));
    });
  }

  const std::string folder_;
};

// The columns of a table but some, for both sides of INSERT ... SELECT.
std::vector<std::string> ColumnsOf(Connection& connection, const std::string& table,
                                   const std::vector<std::string>& but) {
  std::vector<std::string> columns =
      Texts(connection, absl::StrCat("SELECT name FROM pragma_table_info('", table, "')"));
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
  Merge(Connection& connection, const std::map<std::string, std::string>& renames)
      : connection_(connection), renames_(renames) {}

  absl::StatusOr<MergeReport> Run() {
    MergeReport report;
    report.pending = Count(connection_, "SELECT count(*) FROM other.job WHERE status = 'pending'");
    connection_.exec(
        "CREATE TEMP TABLE merged_job AS SELECT job.id, job.run_id FROM other.job"
        " JOIN other.measurement ON measurement.job_id = job.id WHERE job.id NOT IN"
        " (SELECT job_id FROM main.measurement)");
    report.measurements = Count(connection_, "SELECT count(*) FROM merged_job");
    report.known =
        Count(connection_, "SELECT count(*) FROM other.measurement") - report.measurements;
    EDGEBENCH_RETURN_IF_ERROR(MapDevices(report));
    report.runs = AddRuns();
    AddEnvironments();
    AddJobs();
    AddMeasurements();
    EDGEBENCH_RETURN_IF_ERROR(RefreshCellResults(connection_));
    return report;
  }

 private:
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

  absl::Status CheckRenames(const std::vector<std::string>& devices) {
    for (const auto& [from, to] : renames_) {
      if (std::find(devices.begin(), devices.end(), from) == devices.end()) {
        return absl::NotFoundError(
            absl::StrCat("the other database has no results of a device '", from,
                         "' that are new here; of: ", absl::StrJoin(devices, ", ")));
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
        Texts(connection_,
              "SELECT DISTINCT device.name FROM merged_job JOIN other.job USING (id)"
              " JOIN other.device ON device.id = job.device_id ORDER BY device.name");
    EDGEBENCH_RETURN_IF_ERROR(CheckRenames(devices));
    const int64_t before = Count(connection_, "SELECT count(*) FROM main.device");
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
    report.devices = Count(connection_, "SELECT count(*) FROM main.device") - before;
    return absl::OkStatus();
  }

  // Without their cells: it is not for this database to go on with them.
  int64_t AddRuns() {
    const int added = connection_.exec(
        "INSERT INTO main.run (id, started_at, finished_at, name, note)"
        " SELECT id, started_at, finished_at, name, note FROM other.run"
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

  void AddMeasurements() {
    // The name of a cell begins with that of its device.
    connection_.exec(
        "CREATE TEMP TABLE cell_map AS SELECT DISTINCT cell.id AS theirs,"
        " device_map.our_name || substr(cell.name, length(device_map.name) + 1) AS name"
        " FROM merged_job JOIN other.measurement ON measurement.job_id = merged_job.id"
        " JOIN other.job ON job.id = merged_job.id"
        " JOIN device_map ON device_map.theirs = job.device_id"
        " JOIN other.cell ON cell.id = measurement.cell_id");
    connection_.exec(
        "INSERT INTO main.cell (name) SELECT name FROM cell_map WHERE true"
        " ON CONFLICT (name) DO NOTHING");
    const std::vector<std::string> columns =
        ColumnsOf(connection_, "measurement", {"id", "environment_id", "cell_id"});
    connection_.exec(absl::StrCat(
        "INSERT INTO main.measurement (environment_id, cell_id, ", absl::StrJoin(columns, ", "),
        ") SELECT (SELECT ours.id FROM main.device_environment AS ours"
        " JOIN other.device_environment AS environment USING (fingerprint)"
        " WHERE environment.id = theirs.environment_id),"
        " (SELECT ours.id FROM cell_map JOIN main.cell AS ours USING (name)"
        " WHERE cell_map.theirs = theirs.cell_id), ",
        Qualified("theirs", columns),
        " FROM merged_job JOIN other.measurement AS theirs ON theirs.job_id = merged_job.id"
        " ORDER BY theirs.id"));
    for (const char* table : {"sample_list", "telemetry", "profile_operator", "peak"}) {
      const std::vector<std::string> parts =
          ColumnsOf(connection_, table, {"id", "measurement_id"});
      connection_.exec(
          absl::StrCat("INSERT INTO main.", table, " (measurement_id, ", absl::StrJoin(parts, ", "),
                       ") SELECT ours.id, ", Qualified("part", parts),
                       " FROM merged_job"
                       " JOIN other.measurement AS theirs ON theirs.job_id = merged_job.id"
                       " JOIN main.measurement AS ours ON ours.job_id = merged_job.id"
                       " JOIN other.",
                       table, " AS part ON part.measurement_id = theirs.id"));
    }
    connection_.exec(
        "INSERT INTO main.stale_cell (run_id, cell_id) SELECT DISTINCT merged_job.run_id,"
        " measurement.cell_id FROM merged_job JOIN main.measurement"
        " ON measurement.job_id = merged_job.id WHERE kind = 'benchmark' ON CONFLICT DO NOTHING");
  }

  Connection& connection_;
  const std::map<std::string, std::string>& renames_;
};

bool IsSameFile(const std::string& a, const std::string& b) {
  struct stat one, two;
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino;
}

// What a filter says, with the values that are bound to its question marks.
struct PruneTerms {
  std::vector<std::string> terms, values;

  void AnyOf(const std::string& before, const std::vector<std::string>& allowed,
             const std::string& after = "") {
    if (allowed.empty()) return;
    const std::vector<std::string> marks(allowed.size(), "?");
    terms.push_back(absl::StrCat(before, " IN (", absl::StrJoin(marks, ", "), ")", after));
    values.insert(values.end(), allowed.begin(), allowed.end());
  }
};

// Of what one run measured of one cell: all of its processes go, or none.
PruneTerms TermsOf(const PruneFilter& filter) {
  PruneTerms terms;
  if (filter.before) {
    terms.terms.push_back("grouped.newest < ?");
    terms.values.push_back(TextOfTime(*filter.before));
  }
  terms.AnyOf("measurement.model", filter.models);
  terms.AnyOf("device.name", filter.devices);
  terms.AnyOf("job.run_id", filter.runs);
  terms.AnyOf("job.run_id IN (SELECT run_id FROM run_tag WHERE tag", filter.tags, ")");
  if (filter.failed_only) terms.terms.push_back("NOT grouped.any_ok");
  if (filter.superseded_only) terms.terms.push_back("grouped.newest < latest.newest");
  return terms;
}

void SelectPruned(Connection& connection, const PruneTerms& terms) {
  SQLite::Statement select(
      connection,
      absl::StrCat("CREATE TEMP TABLE pruned AS"
                   " WITH grouped AS (SELECT job.run_id, cell_id, max(stored_at) AS newest,"
                   "   max(outcome = 'ok') AS any_ok FROM measurement JOIN job ON job.id = job_id"
                   "   GROUP BY job.run_id, cell_id),"
                   " latest AS (SELECT cell_id, max(stored_at) AS newest FROM measurement"
                   "   WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell_id)"
                   " SELECT measurement.id, measurement.job_id, job.run_id, measurement.samples,"
                   "   job.acknowledged FROM measurement JOIN job ON job.id = measurement.job_id"
                   " JOIN device ON device.id = job.device_id"
                   " JOIN grouped ON grouped.run_id = job.run_id"
                   "   AND grouped.cell_id = measurement.cell_id"
                   " LEFT JOIN latest ON latest.cell_id = measurement.cell_id WHERE ",
                   absl::StrJoin(terms.terms, " AND ")));
  for (size_t i = 0; i < terms.values.size(); ++i)
    select.bind(static_cast<int>(i + 1), terms.values[i]);
  select.exec();
}

PruneReport RemovePruned(Connection& connection) {
  PruneReport report;
  report.unacknowledged = Count(connection, "SELECT count(*) FROM pruned WHERE acknowledged = 0");
  connection.exec("DELETE FROM pruned WHERE acknowledged = 0");
  report.measurements = Count(connection, "SELECT count(*) FROM pruned");
  report.samples = Count(connection, "SELECT coalesce(sum(samples), 0) FROM pruned");
  connection.exec("DELETE FROM measurement WHERE id IN (SELECT id FROM pruned)");
  connection.exec("DELETE FROM job WHERE id IN (SELECT job_id FROM pruned)");
  report.runs = connection.exec(
      "DELETE FROM run WHERE id IN (SELECT run_id FROM pruned)"
      " AND (finished_at IS NOT NULL OR processes IS NULL)"
      " AND NOT EXISTS (SELECT 1 FROM job WHERE job.run_id = run.id)");
  connection.exec(
      "DELETE FROM cell WHERE id NOT IN"
      " (SELECT cell_id FROM measurement WHERE cell_id IS NOT NULL)");
  connection.exec(
      "DELETE FROM device_environment WHERE id NOT IN"
      " (SELECT environment_id FROM measurement WHERE environment_id IS NOT NULL)");
  connection.exec(
      "DELETE FROM device WHERE listed = 0 AND id NOT IN (SELECT device_id FROM job)"
      " AND id NOT IN (SELECT device_id FROM run_cell)");
  return report;
}

// Gives what is free back to the file system. Where another process uses the file, the room
// stays in it and is used again.
void Shrink(Database& database) {
  database
      .Run([](Connection& connection) {
        connection.exec("VACUUM");
        connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        return absl::OkStatus();
      })
      .IgnoreError();
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

absl::StatusOr<std::vector<std::string>> CheckDatabase(const std::string& path) {
  std::vector<std::string> faults;
  const absl::StatusOr<std::unique_ptr<Database>> database = OpenForReading(path);
  absl::Status status = database.status();
  if (status.ok()) {
    status = (*database)->Run([&faults](Connection& connection) {
      CheckPages(connection, faults);
      CheckReferences(connection, faults);
      CheckResults(connection, faults);
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

absl::Status BackUpDatabase(const std::string& path, const std::string& to, bool overwrite) {
  if (IsSameFile(path, to))
    return absl::InvalidArgumentError(
        absl::StrCat(to, " is the database itself: name another file"));
  struct stat info;
  if (!overwrite && lstat(to.c_str(), &info) == 0)
    return absl::AlreadyExistsError(
        absl::StrCat("there is a file ", to, " already: name another one, or say --force"));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenForReading(path));
  return Database::Copy(path, to);
}

absl::StatusOr<MergeReport> MergeDatabase(const std::string& path, const std::string& other,
                                          const std::map<std::string, std::string>& renames,
                                          bool dry_run) {
  if (IsSameFile(path, other))
    return absl::FailedPreconditionError(absl::StrCat(other, " is the database itself"));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<CurrentCopy> copy, CurrentCopy::Of(other, path));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                             Database::Open(path, kResultsApplicationId, ResultsMigrations()));
  absl::StatusOr<MergeReport> report;
  EDGEBENCH_RETURN_IF_ERROR(database->Run([&](Connection& connection) {
    SQLite::Statement attach(connection, "ATTACH :path AS other");
    BindText(attach, ":path", copy->path());
    attach.exec();
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    report = Merge(connection, renames).Run();
    if (report.ok() && !dry_run) transaction.commit();
    return report.status();
  }));
  return report;
}

absl::StatusOr<PruneReport> PruneDatabase(const std::string& path, const PruneFilter& filter,
                                          bool dry_run) {
  const PruneTerms terms = TermsOf(filter);
  if (terms.terms.empty())
    return absl::InvalidArgumentError(
        "say which measurements are to go; all of them: remove the file");
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenForWriting(path));
  PruneReport report;
  EDGEBENCH_RETURN_IF_ERROR(database->Run([&](Connection& connection) {
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    SelectPruned(connection, terms);
    report = RemovePruned(connection);
    if (!dry_run) transaction.commit();
    return absl::OkStatus();
  }));
  if (!dry_run && report.measurements > 0) Shrink(*database);
  return report;
}

}  // namespace edgebench::db
