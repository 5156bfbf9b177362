#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "db/database.h"

namespace edgebench::db {

class Connection;

// What the parts of maintenance.h share.

absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& path);

// Migrates, but makes no file: NOT_FOUND.
absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path);

// 0 where there is none.
int64_t FileBytes(const std::string& path);

bool IsSameFile(const std::string& a, const std::string& b);

// Of rows of processes with the columns id, run_id, cell_id and kind, as commands list them: those
// of one cell in one run are one. `from` is the rest of a query, from FROM on.
int64_t CountMeasurements(Connection& connection, const std::string& from);

// One number, and the first column of all rows. Both throw what SQLiteCpp throws.
int64_t CountOf(Connection& connection, const std::string& query);
std::vector<std::string> TextsOf(Connection& connection, const std::string& query);

inline double ShareOf(int64_t part, int64_t all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 1;
}

// Adds sentences on pages that are damaged and on rows that refer to nothing.
void CheckStructure(Connection& connection, std::vector<std::string>& faults);

// At most so many sentences of one kind: a damaged file has thousands.
inline constexpr int kMostFaults = 20;

}  // namespace edgebench::db
