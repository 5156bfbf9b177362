#include "db/result_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "db/cell_results.h"
#include "db/connection.h"
#include "db/measurement_rows.h"
#include "db/migrations.h"
#include "db/run_rows.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

constexpr char kLocal[] = "local";
constexpr size_t kMaxNameLength = 64;

constexpr char kSelectJob[] =
    "SELECT job.id, device.name, job.address, run_id, settings, submitted_at, status, output_path,"
    " overwrite, cell_position, process FROM job JOIN device ON device.id = job.device_id ";

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; }

struct DeviceRow {
  int64_t id = 0;
  bool listed = false;
  std::string added_at;
  Device device;
};

std::optional<DeviceRow> FindDevice(Connection& connection, const std::string& name) {
  CachedStatement select(
      connection, "SELECT id, listed, name, address, added_at FROM device WHERE name = :name");
  BindText(select, ":name", name);
  if (!select.executeStep()) return std::nullopt;
  DeviceRow row;
  row.id = select.getColumn(0).getInt64();
  row.listed = select.getColumn(1).getInt() != 0;
  row.device.name = select.getColumn(2).getString();
  row.device.address = select.getColumn(3).getString();
  row.added_at = select.getColumn(4).getString();
  return row;
}

absl::Status CheckIsFree(Connection& connection, const std::string& name) {
  const std::optional<DeviceRow> known = FindDevice(connection, name);
  if (!known || !known->listed) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat("the device \"", name, "\" is there already, at ",
                                               known->device.address, ": remove it first"));
}

// Also makes a device listed again that had been removed.
void PutDevice(Connection& connection, const Device& device, bool listed) {
  CachedStatement put(connection,
                      "INSERT INTO device (name, address, added_at, listed)"
                      " VALUES (:name, :address, :added_at, :listed)"
                      " ON CONFLICT (name) DO UPDATE SET address = excluded.address,"
                      " added_at = excluded.added_at, listed = excluded.listed");
  BindText(put, ":name", device.name);
  BindText(put, ":address", device.address);
  BindText(put, ":added_at", TextOfTime(device.added_time));
  put.bind(":listed", listed ? 1 : 0);
  put.exec();
}

std::vector<std::string> ListedNames(Connection& connection) {
  CachedStatement select(connection, "SELECT name FROM device WHERE listed = 1 ORDER BY name");
  std::vector<std::string> names;
  while (select.executeStep()) names.push_back(select.getColumn(0).getString());
  return names;
}

absl::Status NoSuchDevice(Connection& connection, const std::string& name) {
  return absl::NotFoundError(absl::StrCat("there is no device \"", name, "\".",
                                          DidYouMean(name, ListedNames(connection))));
}

absl::Status NoSuchJob(const std::string& job_id) {
  return absl::NotFoundError(absl::StrCat("job ", job_id, " was not submitted from this database"));
}

absl::StatusOr<SubmittedJob> ReadJob(SQLite::Statement& select) {
  SubmittedJob job;
  job.job_id = select.getColumn(0).getString();
  job.device = select.getColumn(1).getString();
  job.address = select.getColumn(2).getString();
  job.run_id = select.getColumn(3).getString();
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(4), &job.settings));
  EDGEBENCH_ASSIGN_OR_RETURN(job.submitted_time, TimeOfText(select.getColumn(5).getString()));
  job.status = select.getColumn(6).getString();
  job.output_path = select.getColumn(7).getString();
  job.overwrite = select.getColumn(8).getInt() != 0;
  if (!select.getColumn(9).isNull()) job.cell_position = select.getColumn(9).getInt();
  if (!select.getColumn(10).isNull()) job.process = select.getColumn(10).getInt();
  return job;
}

absl::StatusOr<std::vector<SubmittedJob>> ReadJobs(SQLite::Statement& select) {
  std::vector<SubmittedJob> jobs;
  while (select.executeStep()) {
    EDGEBENCH_ASSIGN_OR_RETURN(SubmittedJob job, ReadJob(select));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

absl::StatusOr<SubmittedJob> FindJob(Connection& connection, const std::string& job_id) {
  CachedStatement select(connection, absl::StrCat(kSelectJob, "WHERE job.id = :id"));
  BindText(select, ":id", job_id);
  if (!select.executeStep()) return NoSuchJob(job_id);
  return ReadJob(select);
}

void SetStatus(Connection& connection, const std::string& job_id, const std::string& status) {
  CachedStatement update(connection, "UPDATE job SET status = :status WHERE id = :id");
  BindText(update, ":status", status);
  BindText(update, ":id", job_id);
  update.exec();
}

bool HasMeasurement(Connection& connection, const std::string& job_id) {
  CachedStatement select(connection, "SELECT 1 FROM measurement WHERE job_id = :id");
  BindText(select, ":id", job_id);
  return select.executeStep();
}

// A job may name a device that was never added: local, or one given by address.
int64_t DeviceIdFor(Connection& connection, const std::string& name, const std::string& address,
                    absl::Time now) {
  if (const auto known = FindDevice(connection, name)) return known->id;
  PutDevice(connection, {name, name == kLocal ? "" : address, now}, /*listed=*/false);
  return connection.getLastInsertRowid();
}

void InsertRun(Connection& connection, const SubmittedJob& job) {
  CachedStatement insert(connection,
                         "INSERT INTO run (id, started_at) VALUES (:id, :started_at)"
                         " ON CONFLICT (id) DO NOTHING");
  BindText(insert, ":id", job.run_id);
  BindText(insert, ":started_at", TextOfTime(job.submitted_time));
  insert.exec();
}

void InsertJob(Connection& connection, const SubmittedJob& job) {
  InsertRun(connection, job);
  const int64_t device_id = DeviceIdFor(connection, job.device, job.address, job.submitted_time);
  CachedStatement insert(
      connection,
      "INSERT INTO job (id, run_id, device_id, address, submitted_at, status, output_path,"
      " overwrite, cell_position, process, settings) VALUES (:id, :run_id, :device_id, :address,"
      " :submitted_at, 'pending', :output_path, :overwrite, :cell_position, :process, :settings)");
  BindText(insert, ":id", job.job_id);
  BindText(insert, ":run_id", job.run_id);
  insert.bind(":device_id", device_id);
  BindText(insert, ":address", job.address);
  BindText(insert, ":submitted_at", TextOfTime(job.submitted_time));
  BindText(insert, ":output_path", job.output_path);
  insert.bind(":overwrite", job.overwrite ? 1 : 0);
  BindInteger(insert, ":cell_position", job.cell_position);
  BindInteger(insert, ":process", job.process);
  BindMessage(insert, ":settings", job.settings);
  insert.exec();
}

}  // namespace

absl::Status CheckDeviceName(const std::string& name) {
  if (name == kLocal) {
    return absl::InvalidArgumentError("the device \"local\" always exists: choose another name");
  }
  if (name.empty() || name.size() > kMaxNameLength ||
      !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" is no name for a device: use 1 to ", kMaxNameLength,
                     " letters, digits, dots, hyphens and underscores"));
  }
  return absl::OkStatus();
}

ResultStore::ResultStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}

int ResultStore::SchemaVersion() { return static_cast<int>(ResultsMigrations().size()); }

absl::StatusOr<std::unique_ptr<ResultStore>> ResultStore::Open(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                             Database::Open(path, kResultsApplicationId, ResultsMigrations()));
  EDGEBENCH_RETURN_IF_ERROR(RefreshCellResults(*database));
  return std::unique_ptr<ResultStore>(new ResultStore(std::move(database)));
}

absl::StatusOr<std::unique_ptr<ResultStore>> ResultStore::OpenReadOnly(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(
      std::unique_ptr<Database> database,
      Database::OpenReadOnly(path, kResultsApplicationId, ResultsMigrations()));
  return std::unique_ptr<ResultStore>(new ResultStore(std::move(database)));
}

absl::Status ResultStore::AddDevice(const Device& device) {
  EDGEBENCH_RETURN_IF_ERROR(CheckDeviceName(device.name));
  return database_->Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_RETURN_IF_ERROR(CheckIsFree(connection, device.name));
    PutDevice(connection, device, /*listed=*/true);
    return absl::OkStatus();
  });
}

absl::Status ResultStore::CheckNewDevice(const std::string& name) {
  EDGEBENCH_RETURN_IF_ERROR(CheckDeviceName(name));
  return database_->Run([&](Connection& connection) { return CheckIsFree(connection, name); });
}

absl::Status ResultStore::RemoveDevice(const std::string& name) {
  return database_->Transact([&](Connection& connection) -> absl::Status {
    const std::optional<DeviceRow> known = FindDevice(connection, name);
    if (!known || !known->listed) return NoSuchDevice(connection, name);
    CachedStatement update(connection, "UPDATE device SET listed = 0 WHERE id = :id");
    update.bind(":id", known->id);
    update.exec();
    return absl::OkStatus();
  });
}

absl::StatusOr<Device> ResultStore::GetDevice(const std::string& name) {
  Device device;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) -> absl::Status {
    const std::optional<DeviceRow> known = FindDevice(connection, name);
    if (!known || !known->listed) return NoSuchDevice(connection, name);
    device = known->device;
    EDGEBENCH_ASSIGN_OR_RETURN(device.added_time, TimeOfText(known->added_at));
    return absl::OkStatus();
  }));
  return device;
}

absl::StatusOr<std::vector<Device>> ResultStore::ListDevices() {
  std::vector<Device> devices;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) -> absl::Status {
    CachedStatement select(
        connection, "SELECT name, address, added_at FROM device WHERE listed = 1 ORDER BY name");
    while (select.executeStep()) {
      Device& device = devices.emplace_back();
      device.name = select.getColumn(0).getString();
      device.address = select.getColumn(1).getString();
      EDGEBENCH_ASSIGN_OR_RETURN(device.added_time, TimeOfText(select.getColumn(2).getString()));
    }
    return absl::OkStatus();
  }));
  return devices;
}

absl::StatusOr<std::vector<std::string>> ResultStore::NamesOfKnownDevices() {
  return Texts(
      "SELECT name FROM device WHERE listed = 1 OR id IN (SELECT device_id FROM job"
      " JOIN measurement ON measurement.job_id = job.id) ORDER BY name");
}

absl::StatusOr<std::vector<std::string>> ResultStore::NamesOfKnownModels() {
  return Texts("SELECT DISTINCT model FROM measurement WHERE model <> '' ORDER BY model");
}

absl::StatusOr<std::vector<std::string>> ResultStore::RunIds() {
  return Texts(
      "SELECT run_id FROM job JOIN measurement ON measurement.job_id = job.id GROUP BY run_id"
      " ORDER BY max(stored_at) DESC");
}

absl::StatusOr<std::vector<std::string>> ResultStore::NamesOfKnownTags() {
  return Texts("SELECT DISTINCT tag FROM run_tag ORDER BY tag");
}

absl::StatusOr<std::vector<std::string>> ResultStore::Texts(const char* query) {
  std::vector<std::string> texts;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    CachedStatement select(connection, query);
    while (select.executeStep()) texts.push_back(select.getColumn(0).getString());
    return absl::OkStatus();
  }));
  return texts;
}

absl::Status ResultStore::RecordSubmission(const SubmittedJob& job) {
  return database_->Transact([&](Connection& connection) {
    InsertJob(connection, job);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<SubmittedJob>> ResultStore::JobsWhere(const char* condition) {
  absl::StatusOr<std::vector<SubmittedJob>> jobs;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    CachedStatement select(connection,
                           absl::StrCat(kSelectJob, "WHERE ", condition, " ORDER BY job.sequence"));
    jobs = ReadJobs(select);
    return jobs.status();
  }));
  return jobs;
}

absl::StatusOr<std::vector<SubmittedJob>> ResultStore::PendingJobs() {
  return JobsWhere("status = 'pending'");
}

absl::StatusOr<std::vector<SubmittedJob>> ResultStore::UnacknowledgedJobs() {
  return JobsWhere("acknowledged = 0 AND status NOT IN ('pending', 'lost')");
}

absl::Status ResultStore::MarkAcknowledged(const std::string& job_id) {
  return database_->Transact([&](Connection& connection) -> absl::Status {
    CachedStatement update(connection, "UPDATE job SET acknowledged = 1 WHERE id = :id");
    BindText(update, ":id", job_id);
    return update.exec() == 1 ? absl::OkStatus() : NoSuchJob(job_id);
  });
}

absl::StatusOr<std::vector<SubmittedJob>> ResultStore::ListJobs(int limit) {
  absl::StatusOr<std::vector<SubmittedJob>> jobs;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    CachedStatement select(connection,
                           absl::StrCat(kSelectJob, "ORDER BY job.sequence DESC LIMIT :limit"));
    // SQLite takes a negative limit for none.
    select.bind(":limit", limit > 0 ? limit : -1);
    jobs = ReadJobs(select);
    return jobs.status();
  }));
  return jobs;
}

absl::StatusOr<SubmittedJob> ResultStore::GetJob(const std::string& job_id) {
  absl::StatusOr<SubmittedJob> job;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    job = FindJob(connection, job_id);
    return job.status();
  }));
  return job;
}

absl::Status ResultStore::ForgetSubmission(const std::string& job_id) {
  return database_->Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const SubmittedJob job, FindJob(connection, job_id));
    if (HasMeasurement(connection, job_id)) {
      return absl::FailedPreconditionError(
          absl::StrCat("job ", job_id, " has a stored result and is not forgotten"));
    }
    CachedStatement forget(connection, "DELETE FROM job WHERE id = :id");
    BindText(forget, ":id", job_id);
    forget.exec();
    CachedStatement tidy(connection,
                         "DELETE FROM run WHERE id = :run AND processes IS NULL"
                         " AND NOT EXISTS (SELECT 1 FROM job WHERE run_id = :run)");
    BindText(tidy, ":run", job.run_id);
    tidy.exec();
    return absl::OkStatus();
  });
}

absl::Status ResultStore::MarkLost(const std::string& job_id) {
  return database_->Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const SubmittedJob job, FindJob(connection, job_id));
    if (job.status != "pending") {
      return absl::FailedPreconditionError(
          absl::StrCat("job ", job_id, " is not pending, but ", job.status));
    }
    SetStatus(connection, job_id, "lost");
    return absl::OkStatus();
  });
}

absl::Status ResultStore::RecordRun(const RecordedRun& run) {
  return database_->Transact([&](Connection& connection) {
    InsertRecordedRun(connection, run, [&](const RecordedRun::OnDevice& part) {
      return DeviceIdFor(connection, part.device, part.address, run.started_time);
    });
    return absl::OkStatus();
  });
}

absl::StatusOr<RecordedRun> ResultStore::GetRun(const std::string& id) {
  absl::StatusOr<RecordedRun> run;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    run = FindRun(connection, id);
    return run.status();
  }));
  return run;
}

absl::StatusOr<std::string> ResultStore::FindRecordedRun(const std::string& beginning) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                             Texts("SELECT id FROM run WHERE processes IS NOT NULL ORDER BY id"));
  std::vector<std::string> found;
  for (const std::string& id : ids)
    if (absl::StartsWith(id, beginning)) found.push_back(id);
  if (found.size() == 1) return found.front();
  return absl::NotFoundError(
      found.empty() ? absl::StrCat("there is no run '", beginning, "' of which the cells are known")
                    : absl::StrCat("'", beginning, "' begins the ids of ", found.size(),
                                   " runs: ", absl::StrJoin(found, ", ")));
}

absl::StatusOr<std::string> ResultStore::NewestUnfinishedRun() {
  std::string id;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    id = db::NewestUnfinishedRun(connection).value_or("");
    return absl::OkStatus();
  }));
  return id;
}

absl::Status ResultStore::FinishRun(const std::string& id, absl::Time now) {
  return database_->Transact([&](Connection& connection) {
    SetRunFinished(connection, id, now);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<SubmittedJob>> ResultStore::JobsOfRun(const std::string& id) {
  absl::StatusOr<std::vector<SubmittedJob>> jobs;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    CachedStatement select(connection,
                           absl::StrCat(kSelectJob, "WHERE run_id = :run ORDER BY job.sequence"));
    BindText(select, ":run", id);
    jobs = ReadJobs(select);
    return jobs.status();
  }));
  return jobs;
}

absl::StatusOr<std::vector<JobDuration>> ResultStore::RecentDurations(const std::string& device,
                                                                      int limit) {
  absl::StatusOr<std::vector<JobDuration>> durations;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    durations = SelectDurations(connection, device, limit);
    return durations.status();
  }));
  return durations;
}

absl::Status ResultStore::SetEnergy(const std::map<std::string, v1::Energy>& by_job) {
  return database_->Transact([&](Connection& connection) -> absl::Status {
    for (const auto& [job_id, energy] : by_job)
      EDGEBENCH_RETURN_IF_ERROR(UpdateEnergy(connection, job_id, energy));
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> ResultStore::StoreResult(const v1::JobResult& result, absl::Time now) {
  bool is_new = false;
  EDGEBENCH_RETURN_IF_ERROR(database_->Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const SubmittedJob job, FindJob(connection, result.job_id()));
    if (HasMeasurement(connection, result.job_id())) return absl::OkStatus();
    EDGEBENCH_RETURN_IF_ERROR(InsertMeasurement(connection, job.device, result, now));
    SetStatus(connection, result.job_id(), OutcomeName(result.outcome()));
    is_new = true;
    return absl::OkStatus();
  }));
  return is_new;
}

absl::StatusOr<std::vector<Measurement>> ResultStore::Measurements(
    const MeasurementFilter& filter) {
  absl::StatusOr<std::vector<Measurement>> measurements;
  EDGEBENCH_RETURN_IF_ERROR(database_->Run([&](Connection& connection) {
    measurements = SelectMeasurements(connection, filter);
    return measurements.status();
  }));
  return measurements;
}

}  // namespace edgebench::db
