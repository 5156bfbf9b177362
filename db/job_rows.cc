#include "db/job_rows.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

constexpr char kSelectJob[] =
    "SELECT sequence, job_id, submitter, state, requested, settings, submitted_ns, started_ns,"
    " finished_ns, result IS NOT NULL FROM job ";

v1::JobState StateOf(const std::string& name) {
  for (const auto state :
       {v1::JOB_STATE_QUEUED, v1::JOB_STATE_RUNNING, v1::JOB_STATE_SUCCEEDED, v1::JOB_STATE_FAILED,
        v1::JOB_STATE_CANCELLED, v1::JOB_STATE_INTERRUPTED}) {
    if (JobStateName(state) == name) return state;
  }
  return v1::JOB_STATE_UNSPECIFIED;
}

void SetTime(const SQLite::Column& column, google::protobuf::Timestamp* (v1::Job::*field)(),
             v1::Job& job) {
  if (!column.isNull()) *(job.*field)() = ToProto(absl::FromUnixNanos(column.getInt64()));
}

absl::StatusOr<JobRow> ReadRow(SQLite::Statement& select) {
  JobRow row;
  row.sequence = select.getColumn(0).getInt64();
  row.job.set_job_id(select.getColumn(1).getString());
  row.job.set_submitter(select.getColumn(2).getString());
  row.job.set_state(StateOf(select.getColumn(3).getString()));
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(4), row.job.mutable_requested()));
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(5), row.job.mutable_settings()));
  SetTime(select.getColumn(6), &v1::Job::mutable_submitted_time, row.job);
  SetTime(select.getColumn(7), &v1::Job::mutable_started_time, row.job);
  SetTime(select.getColumn(8), &v1::Job::mutable_finished_time, row.job);
  row.job.set_result_waiting(select.getColumn(9).getInt() != 0);
  return row;
}

void FillQueuePosition(Connection& connection, JobRow& row) {
  if (row.job.state() != v1::JOB_STATE_QUEUED) return;
  SQLite::Statement ahead(connection,
                          "SELECT count(*) FROM job WHERE state = 'RUNNING'"
                          " OR (state = 'QUEUED' AND sequence < :sequence)");
  ahead.bind(":sequence", row.sequence);
  ahead.executeStep();
  row.job.set_queue_position(ahead.getColumn(0).getInt());
}

absl::StatusOr<std::vector<JobRow>> ReadRows(Connection& connection, SQLite::Statement& select) {
  std::vector<JobRow> rows;
  while (select.executeStep()) {
    EDGEBENCH_ASSIGN_OR_RETURN(JobRow row, ReadRow(select));
    FillQueuePosition(connection, row);
    rows.push_back(std::move(row));
  }
  return rows;
}

void AppendState(Connection& connection, const JobRow& row, v1::JobState state, absl::Time now) {
  v1::JobEvent event;
  event.set_state_changed(state);
  AppendEvent(connection, row, std::move(event), now);
}

// SQLite takes a negative limit for none.
void BindLimit(SQLite::Statement& select, int limit) {
  select.bind(":limit", limit > 0 ? limit : -1);
}

}  // namespace

absl::StatusOr<JobRow> FindJob(Connection& connection, const std::string& job_id) {
  SQLite::Statement select(connection, absl::StrCat(kSelectJob, "WHERE job_id = :job_id"));
  BindText(select, ":job_id", job_id);
  if (!select.executeStep()) {
    return absl::NotFoundError(absl::StrCat("no job ", job_id, " is known here"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(JobRow row, ReadRow(select));
  FillQueuePosition(connection, row);
  return row;
}

absl::StatusOr<std::vector<JobRow>> JobsInState(Connection& connection, v1::JobState state,
                                                int limit) {
  SQLite::Statement select(
      connection, absl::StrCat(kSelectJob, "WHERE state = :state ORDER BY sequence LIMIT :limit"));
  BindText(select, ":state", JobStateName(state));
  BindLimit(select, limit);
  return ReadRows(connection, select);
}

absl::StatusOr<std::vector<JobRow>> JobsBefore(Connection& connection, int64_t before_sequence,
                                               int limit) {
  SQLite::Statement select(connection, absl::StrCat(kSelectJob,
                                                    "WHERE :before = 0 OR sequence < :before"
                                                    " ORDER BY sequence DESC LIMIT :limit"));
  select.bind(":before", before_sequence);
  BindLimit(select, limit);
  return ReadRows(connection, select);
}

void InsertQueued(Connection& connection, const v1::Job& job) {
  SQLite::Statement insert(
      connection,
      "INSERT INTO job (job_id, submitter, state, requested, settings, submitted_ns, model_sha256,"
      " calibration_sha256, weights_sha256) VALUES (:job_id, :submitter, 'QUEUED', :requested,"
      " :settings, :submitted_ns, :model, :calibration, :weights)");
  const absl::Time submitted = FromProto(job.submitted_time());
  BindText(insert, ":job_id", job.job_id());
  BindText(insert, ":submitter", job.submitter());
  BindMessage(insert, ":requested", job.requested());
  BindMessage(insert, ":settings", job.settings());
  insert.bind(":submitted_ns", absl::ToUnixNanos(submitted));
  BindTextOrNull(insert, ":model", job.settings().model().artifact().sha256());
  BindTextOrNull(insert, ":calibration", job.settings().calibration().sha256());
  BindTextOrNull(insert, ":weights", job.settings().weights().sha256());
  insert.exec();
  const JobRow row = {connection.getLastInsertRowid(), {}};
  AppendState(connection, row, v1::JOB_STATE_QUEUED, submitted);
}

void SetRunning(Connection& connection, const JobRow& row, absl::Time now) {
  SQLite::Statement update(connection,
                           "UPDATE job SET state = 'RUNNING', started_ns = :started_ns"
                           " WHERE sequence = :sequence");
  update.bind(":started_ns", absl::ToUnixNanos(now));
  update.bind(":sequence", row.sequence);
  update.exec();
  AppendState(connection, row, v1::JOB_STATE_RUNNING, now);
}

void SetFinished(Connection& connection, const JobRow& row, v1::JobState state,
                 const v1::JobResult& result, absl::Time now) {
  SQLite::Statement update(connection,
                           "UPDATE job SET state = :state, finished_ns = :finished_ns,"
                           " result = :result, result_sha256 = :result_sha256"
                           " WHERE sequence = :sequence");
  BindText(update, ":state", JobStateName(state));
  update.bind(":finished_ns", absl::ToUnixNanos(now));
  BindMessage(update, ":result", result);
  BindTextOrNull(update, ":result_sha256", result.artifact().sha256());
  update.bind(":sequence", row.sequence);
  update.exec();
  AppendState(connection, row, state, now);
}

void SetAcknowledged(Connection& connection, const JobRow& row) {
  SQLite::Statement update(connection,
                           "UPDATE job SET acknowledged = 1, result = NULL,"
                           " result_sha256 = NULL WHERE sequence = :sequence");
  update.bind(":sequence", row.sequence);
  update.exec();
  SQLite::Statement thin(connection,
                         "DELETE FROM event WHERE sequence = :sequence AND \"offset\" > 0"
                         " AND \"offset\" < (SELECT max(\"offset\") FROM event"
                         " WHERE sequence = :sequence)");
  thin.bind(":sequence", row.sequence);
  thin.exec();
}

void ForgetAcknowledged(Connection& connection, int64_t kept) {
  SQLite::Statement forget(connection,
                           "DELETE FROM job WHERE sequence IN (SELECT sequence FROM job"
                           " WHERE acknowledged = 1 ORDER BY sequence DESC"
                           " LIMIT -1 OFFSET :kept)");
  forget.bind(":kept", kept);
  forget.exec();
}

absl::StatusOr<v1::JobResult> ReadResult(Connection& connection, const JobRow& row) {
  SQLite::Statement select(connection, "SELECT result FROM job WHERE sequence = :sequence");
  select.bind(":sequence", row.sequence);
  if (!select.executeStep() || select.getColumn(0).isNull()) {
    return absl::NotFoundError(absl::StrCat("the result of job ", row.job.job_id(),
                                            " was acknowledged and is no longer kept here"));
  }
  v1::JobResult result;
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(0), &result));
  return result;
}

std::vector<std::string> ReadPinnedArtifacts(Connection& connection) {
  SQLite::Statement select(
      connection,
      "SELECT model_sha256 FROM job WHERE state IN ('QUEUED', 'RUNNING')"
      " AND model_sha256 IS NOT NULL"
      " UNION SELECT calibration_sha256 FROM job WHERE state IN ('QUEUED', 'RUNNING')"
      " AND calibration_sha256 IS NOT NULL"
      " UNION SELECT weights_sha256 FROM job WHERE state IN ('QUEUED', 'RUNNING')"
      " AND weights_sha256 IS NOT NULL"
      " UNION SELECT result_sha256 FROM job WHERE acknowledged = 0"
      " AND result_sha256 IS NOT NULL ORDER BY 1");
  std::vector<std::string> pinned;
  while (select.executeStep()) pinned.push_back(select.getColumn(0).getString());
  return pinned;
}

v1::JobEvent AppendEvent(Connection& connection, const JobRow& row, v1::JobEvent event,
                         absl::Time now) {
  event.set_offset(NextOffset(connection, row));
  *event.mutable_time() = ToProto(now);
  SQLite::Statement insert(connection, "INSERT INTO event VALUES (:sequence, :offset, :event)");
  insert.bind(":sequence", row.sequence);
  insert.bind(":offset", static_cast<int64_t>(event.offset()));
  BindMessage(insert, ":event", event);
  insert.exec();
  return event;
}

int64_t NextOffset(Connection& connection, const JobRow& row) {
  SQLite::Statement select(
      connection, "SELECT coalesce(max(\"offset\") + 1, 0) FROM event WHERE sequence = :sequence");
  select.bind(":sequence", row.sequence);
  select.executeStep();
  return select.getColumn(0).getInt64();
}

absl::StatusOr<std::vector<v1::JobEvent>> ReadEvents(Connection& connection, const JobRow& row,
                                                     int64_t from_offset, int limit) {
  SQLite::Statement select(connection,
                           "SELECT event FROM event WHERE sequence = :sequence"
                           " AND \"offset\" >= :from ORDER BY \"offset\" LIMIT :limit");
  select.bind(":sequence", row.sequence);
  BindLimit(select, limit);
  select.bind(":from", from_offset);
  std::vector<v1::JobEvent> events;
  while (select.executeStep()) {
    EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(0), &events.emplace_back()));
  }
  return events;
}

}  // namespace edgebench::db
