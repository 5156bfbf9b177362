#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/stats.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

class Connection;
class Database;

// The table cell_result: what MergeProcesses makes of the processes of each benchmark's cell in
// each run, so that plain SQL sees the figures that commands show. Whatever adds or changes a
// measurement refreshes it in the same transaction.
// Those that take a connection throw what SQLiteCpp throws; DATA_LOSS where a stored result
// cannot be read.

// Of the cell that a job has measured, if it is a benchmark. `result` and the summary of its
// latencies are those of the job where they are at hand: a cell of one process need not be read.
absl::Status RefreshCellResult(Connection& connection, const std::string& job_id,
                               const v1::JobResult* result = nullptr,
                               const LatencySummary* latency = nullptr);

// Of all that the table stale_cell names: after a migration that has brought these tables, one
// that was cut off, or a merge.
// `progress` is given the share that is done.
absl::Status RefreshCellResults(
    Connection& connection, const std::function<void(double)>& progress = [](double) {});
// The same in a transaction of its own, which is begun only where something is stale.
absl::Status RefreshCellResults(Database& database);

}  // namespace edgebench::db
