#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "db/database.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

struct JournalOptions {
  // Acknowledged jobs are kept for people who list jobs, up to this many.
  int64_t acknowledged_kept = 1000;
};

// The agent's memory of its jobs: what was accepted, what happened, which
// results wait. Everything is on disk when a call returns. Every method may
// answer INTERNAL when the file cannot be read or written, and UNAVAILABLE while
// another process holds it. Thread-safe.
class JobJournal {
 public:
  // Errors of Database::Open.
  static absl::StatusOr<std::unique_ptr<JobJournal>> Open(const std::string& path,
                                                          JournalOptions options = {});

  // Writes a QUEUED job and its first event. Answers true when it is new and
  // false when the same job (same id, same requested settings) was there.
  //   ALREADY_EXISTS  the id is taken by a job with other settings
  absl::StatusOr<bool> Insert(const v1::Job& job) ABSL_LOCKS_EXCLUDED(mutex_);

  // QUEUED -> RUNNING. FAILED_PRECONDITION when the job is not QUEUED.
  absl::Status MarkRunning(const std::string& job_id, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  // Writes the result, the final state and its event in one transaction.
  //   FAILED_PRECONDITION  the job has a final state already
  absl::Status Finish(const std::string& job_id, v1::JobState state, const v1::JobResult& result,
                      absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  // Appends a stage, progress or warning event; sets offset and time; returns it.
  absl::StatusOr<v1::JobEvent> AppendEvent(const std::string& job_id, v1::JobEvent event,
                                           absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // In order, at most kEventsAtOnce: a job of a week has a million.
  // NOT_FOUND: no such job. OUT_OF_RANGE: from_offset > next offset.
  static constexpr size_t kEventsAtOnce = 1000;
  absl::StatusOr<std::vector<v1::JobEvent>> Events(const std::string& job_id, int64_t from_offset)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // NOT_FOUND: no such job. queue_position is filled.
  absl::StatusOr<v1::Job> Get(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Newest first, at most `limit`, those older than `before_sequence` (0: from the newest).
  struct Page {
    std::vector<v1::Job> jobs;
    int64_t next_before_sequence = 0;  // 0: no more
  };
  absl::StatusOr<Page> List(int limit, int64_t before_sequence) ABSL_LOCKS_EXCLUDED(mutex_);

  // Oldest QUEUED job, nullopt when there is none.
  absl::StatusOr<std::optional<v1::Job>> NextQueued() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<int64_t> CountQueued() ABSL_LOCKS_EXCLUDED(mutex_);

  // NOT_FOUND: no such job or result acknowledged. FAILED_PRECONDITION: not ended.
  absl::StatusOr<v1::JobResult> Result(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Drops the result and the events but the first and last; keeps the job's
  // row, of the acknowledged ones the newest as JournalOptions says. Idempotent.
  absl::Status Acknowledge(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Turns every RUNNING job into INTERRUPTED with a result that says so.
  // Called once at start, before anything runs. Returns their ids.
  absl::StatusOr<std::vector<std::string>> InterruptRunning(absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // SHA-256 of artifacts that queued or running jobs need or waiting results
  // name: never to be evicted.
  absl::StatusOr<std::vector<std::string>> PinnedArtifacts() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  JobJournal(std::unique_ptr<Database> database, JournalOptions options);

  // Those of Database, with the codes above.
  absl::Status Run(const std::function<absl::Status(Connection&)>& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Transact(const std::function<absl::Status(Connection&)>& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const JournalOptions options_;
  absl::Mutex mutex_;
  std::unique_ptr<Database> database_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace edgebench::db
