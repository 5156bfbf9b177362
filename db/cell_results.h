#pragma once

#include <string>

#include "absl/status/status.h"

namespace SQLite {
class Database;
}

namespace edgebench::db {

class Database;

// The table cell_result: what MergeProcesses makes of the processes of each benchmark's cell in
// each run, so that plain SQL sees the figures that commands show. Whatever adds or changes a
// measurement marks its cell as stale, and refreshes in the same transaction.
// Those that take a connection throw what SQLiteCpp throws.

// That of the job's measurement, if it is a benchmark.
void MarkStale(SQLite::Database& connection, const std::string& job_id);

// Computes what is stale anew. DATA_LOSS where a stored result cannot be read.
absl::Status RefreshCellResults(SQLite::Database& connection);
// The same in a transaction of its own, which is begun only where something is stale: after a
// migration that has brought the table, or one that was cut off.
absl::Status RefreshCellResults(Database& database);

}  // namespace edgebench::db
