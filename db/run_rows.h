#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "db/result_store.h"

namespace edgebench::db {

class Connection;

// How a RecordedRun lies in the tables run and run_cell. All throw what SQLiteCpp throws.

// `device_id` answers the row of a device, which it adds where there is none.
void InsertRecordedRun(Connection& connection, const RecordedRun& run,
                       const std::function<int64_t(const RecordedRun::OnDevice&)>& device_id);

// Empty where there is no such run.
RunLabels LabelsOfRun(Connection& connection, const std::string& id);

// NOT_FOUND, also for a run without cells.
absl::StatusOr<RecordedRun> FindRun(Connection& connection, const std::string& id);

// The newest with cells that has not finished; nullopt where there is none.
std::optional<std::string> NewestUnfinishedRun(Connection& connection);

// One of which no job was recorded is removed.
void SetRunFinished(Connection& connection, const std::string& id, absl::Time now);

}  // namespace edgebench::db
