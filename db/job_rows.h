#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

class Connection;

// The journal's tables job and event, row by row. All of them throw what
// SQLiteCpp throws: called within Database::Run and Transact only.

// A job's row, with the key that the tables are joined by.
struct JobRow {
  int64_t sequence = 0;
  v1::Job job;
};

// NOT_FOUND: no such job.
absl::StatusOr<JobRow> FindJob(Connection& connection, const std::string& job_id);

// In the order of submission, at most `limit`; 0: all.
absl::StatusOr<std::vector<JobRow>> JobsInState(Connection& connection, v1::JobState state,
                                                int limit);

// Newest first, at most `limit`, those older than `before_sequence` (0: from the newest).
absl::StatusOr<std::vector<JobRow>> JobsBefore(Connection& connection, int64_t before_sequence,
                                               int limit);

void InsertQueued(Connection& connection, const v1::Job& job);
void SetRunning(Connection& connection, const JobRow& row, absl::Time now);
void SetFinished(Connection& connection, const JobRow& row, v1::JobState state,
                 const v1::JobResult& result, absl::Time now);
// Drops the result, and the events but the first and last.
void SetAcknowledged(Connection& connection, const JobRow& row);
// Deletes the rows of acknowledged jobs but the newest `kept`.
void ForgetAcknowledged(Connection& connection, int64_t kept);

// NOT_FOUND: acknowledged, or the job has not ended.
absl::StatusOr<v1::JobResult> ReadResult(Connection& connection, const JobRow& row);
std::vector<std::string> ReadPinnedArtifacts(Connection& connection);

// Sets offset and time; returns what was written.
v1::JobEvent AppendEvent(Connection& connection, const JobRow& row, v1::JobEvent event,
                         absl::Time now);
int64_t NextOffset(Connection& connection, const JobRow& row);
// In order, at most `limit`; 0: all.
absl::StatusOr<std::vector<v1::JobEvent>> ReadEvents(Connection& connection, const JobRow& row,
                                                     int64_t from_offset, int limit);

}  // namespace edgebench::db
