#include "db/job_journal.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/job_rows.h"
#include "db/migrations.h"
#include "db/sqlite_values.h"
#include "google/protobuf/util/message_differencer.h"

namespace edgebench::db {
namespace {

using google::protobuf::util::MessageDifferencer;

// NOT_FOUND: no such job. FAILED_PRECONDITION: it has not ended.
absl::StatusOr<JobRow> FindEnded(Connection& connection, const std::string& job_id) {
  EDGEBENCH_ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job_id));
  if (IsFinal(row.job.state())) return row;
  return absl::FailedPreconditionError(
      absl::StrCat("job ", job_id, " has not ended: it is ", JobStateName(row.job.state())));
}

absl::StatusOr<v1::Stage> LastStage(Connection& connection, const JobRow& row) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<v1::JobEvent> events,
                             ReadEvents(connection, row, /*from_offset=*/0, /*limit=*/0));
  v1::Stage stage = v1::STAGE_START;
  for (const v1::JobEvent& event : events) {
    if (event.event_case() == v1::JobEvent::kStageEntered) stage = event.stage_entered();
  }
  return stage;
}

absl::StatusOr<v1::JobResult> InterruptedResult(Connection& connection, const JobRow& row,
                                                absl::Time now) {
  v1::JobResult result;
  result.set_job_id(row.job.job_id());
  result.set_outcome(v1::OUTCOME_INTERRUPTED);
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Stage stage, LastStage(connection, row));
  result.set_stage(stage);
  result.set_message(absl::StrCat("the agent ended while the job was in stage ", StageName(stage),
                                  "; nothing was measured: submit it again"));
  *result.mutable_settings() = row.job.settings();
  *result.mutable_started_time() = row.job.started_time();
  *result.mutable_finished_time() = ToProto(now);
  return result;
}

// What went wrong with the file is the agent's fault and not the caller's, who
// would take RESOURCE_EXHAUSTED for a full queue. The methods themselves use none
// of these codes.
absl::Status AsJournalFault(absl::Status status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kDataLoss:
      return absl::InternalError(status.message());
    default:
      return status;
  }
}

// Progress is nothing that anybody is promised: it may be lost in a power cut,
// and then costs no wait for the disk while the job is being measured.
class WithoutWaitingForDisk {
 public:
  WithoutWaitingForDisk(Connection& connection, bool applies)
      : connection_(applies ? &connection : nullptr) {
    if (connection_ != nullptr) connection_->exec("PRAGMA synchronous = NORMAL");
  }
  ~WithoutWaitingForDisk() {
    if (connection_ != nullptr) connection_->tryExec("PRAGMA synchronous = FULL");
  }
  WithoutWaitingForDisk(const WithoutWaitingForDisk&) = delete;
  WithoutWaitingForDisk& operator=(const WithoutWaitingForDisk&) = delete;

 private:
  SQLite::Database* connection_;
};

}  // namespace

JobJournal::JobJournal(std::unique_ptr<Database> database, JournalOptions options)
    : options_(options), database_(std::move(database)) {}

absl::Status JobJournal::Run(const std::function<absl::Status(Connection&)>& body) {
  return AsJournalFault(database_->Run(body));
}

absl::Status JobJournal::Transact(const std::function<absl::Status(Connection&)>& body) {
  return AsJournalFault(database_->Transact(body));
}

absl::StatusOr<std::unique_ptr<JobJournal>> JobJournal::Open(const std::string& path,
                                                             JournalOptions options) {
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                             Database::Open(path, kJournalApplicationId, JournalMigrations()));
  return std::unique_ptr<JobJournal>(new JobJournal(std::move(database), options));
}

absl::StatusOr<bool> JobJournal::Insert(const v1::Job& job) {
  absl::MutexLock lock(&mutex_);
  bool is_new = false;
  EDGEBENCH_RETURN_IF_ERROR(Transact([&](Connection& connection) -> absl::Status {
    const absl::StatusOr<JobRow> known = FindJob(connection, job.job_id());
    if (absl::IsNotFound(known.status())) {
      InsertQueued(connection, job);
      is_new = true;
      return absl::OkStatus();
    }
    EDGEBENCH_RETURN_IF_ERROR(known.status());
    if (MessageDifferencer::Equals(known->job.requested(), job.requested())) {
      return absl::OkStatus();
    }
    return absl::AlreadyExistsError(absl::StrCat(
        "the id ", job.job_id(), " is taken by a job with other settings: use a new id"));
  }));
  return is_new;
}

absl::Status JobJournal::MarkRunning(const std::string& job_id, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, job_id));
    if (row.job.state() != v1::JOB_STATE_QUEUED) {
      return absl::FailedPreconditionError(
          absl::StrCat("job ", job_id, " is ", JobStateName(row.job.state()), ", not QUEUED"));
    }
    SetRunning(connection, row, now);
    return absl::OkStatus();
  });
}

absl::Status JobJournal::Finish(const std::string& job_id, v1::JobState state,
                                const v1::JobResult& result, absl::Time now) {
  if (!IsFinal(state)) {
    return absl::InvalidArgumentError(absl::StrCat(JobStateName(state), " is no final state"));
  }
  absl::MutexLock lock(&mutex_);
  return Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, job_id));
    if (IsFinal(row.job.state())) {
      return absl::FailedPreconditionError(
          absl::StrCat("job ", job_id, " has ended already: ", JobStateName(row.job.state())));
    }
    SetFinished(connection, row, state, result, now);
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::JobEvent> JobJournal::AppendEvent(const std::string& job_id, v1::JobEvent event,
                                                     absl::Time now) {
  absl::MutexLock lock(&mutex_);
  v1::JobEvent appended;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    WithoutWaitingForDisk scope(connection, event.has_progress());
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, job_id));
    appended = db::AppendEvent(connection, row, std::move(event), now);
    transaction.commit();
    return absl::OkStatus();
  }));
  return appended;
}

absl::StatusOr<std::vector<v1::JobEvent>> JobJournal::Events(const std::string& job_id,
                                                             int64_t from_offset) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<std::vector<v1::JobEvent>> events;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, job_id));
    const int64_t next = NextOffset(connection, row);
    if (from_offset < 0 || from_offset > next) {
      return absl::OutOfRangeError(absl::StrCat("job ", job_id, " has events up to offset ",
                                                next - 1, "; ", from_offset, " was asked for"));
    }
    events = ReadEvents(connection, row, from_offset, kEventsAtOnce);
    return events.status();
  }));
  return events;
}

absl::StatusOr<v1::Job> JobJournal::Get(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  v1::Job job;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job_id));
    job = std::move(row.job);
    return absl::OkStatus();
  }));
  return job;
}

absl::StatusOr<JobJournal::Page> JobJournal::List(int limit, int64_t before_sequence) {
  absl::MutexLock lock(&mutex_);
  Page page;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    // One more than asked for tells whether there is a next page.
    EDGEBENCH_ASSIGN_OR_RETURN(std::vector<JobRow> rows,
                               JobsBefore(connection, before_sequence, limit + 1));
    if (static_cast<int>(rows.size()) > limit) {
      rows.pop_back();
      if (!rows.empty()) page.next_before_sequence = rows.back().sequence;
    }
    for (JobRow& row : rows) page.jobs.push_back(std::move(row.job));
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<std::optional<v1::Job>> JobJournal::NextQueued() {
  absl::MutexLock lock(&mutex_);
  std::optional<v1::Job> job;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(std::vector<JobRow> rows,
                               JobsInState(connection, v1::JOB_STATE_QUEUED, 1));
    if (!rows.empty()) job = std::move(rows.front().job);
    return absl::OkStatus();
  }));
  return job;
}

absl::StatusOr<int64_t> JobJournal::CountQueued() {
  absl::MutexLock lock(&mutex_);
  int64_t count = 0;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) {
    count = connection.execAndGet("SELECT count(*) FROM job WHERE state = 'QUEUED'").getInt64();
    return absl::OkStatus();
  }));
  return count;
}

absl::StatusOr<v1::JobResult> JobJournal::Result(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<v1::JobResult> result;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindEnded(connection, job_id));
    result = ReadResult(connection, row);
    return result.status();
  }));
  return result;
}

absl::Status JobJournal::Acknowledge(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  return Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const JobRow row, FindEnded(connection, job_id));
    SetAcknowledged(connection, row);
    ForgetAcknowledged(connection, options_.acknowledged_kept);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<std::string>> JobJournal::InterruptRunning(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  EDGEBENCH_RETURN_IF_ERROR(Transact([&](Connection& connection) -> absl::Status {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<JobRow> rows,
                               JobsInState(connection, v1::JOB_STATE_RUNNING, 0));
    for (const JobRow& row : rows) {
      EDGEBENCH_ASSIGN_OR_RETURN(const v1::JobResult result,
                                 InterruptedResult(connection, row, now));
      SetFinished(connection, row, v1::JOB_STATE_INTERRUPTED, result, now);
      ids.push_back(row.job.job_id());
    }
    return absl::OkStatus();
  }));
  return ids;
}

absl::StatusOr<std::vector<std::string>> JobJournal::PinnedArtifacts() {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> pinned;
  EDGEBENCH_RETURN_IF_ERROR(Run([&](Connection& connection) {
    pinned = ReadPinnedArtifacts(connection);
    return absl::OkStatus();
  }));
  return pinned;
}

}  // namespace edgebench::db
