#pragma once

#include <cstdint>

#include "edgebench/v1/result.pb.h"

namespace SQLite {
class Database;
}

namespace edgebench::db {

// The rows of profile_operator and peak that a measurement's result has, for queries: the
// result itself is in measurement. Throws what SQLiteCpp throws.
void InsertProfileRows(SQLite::Database& connection, int64_t measurement_id,
                       const v1::JobResult& result);

}  // namespace edgebench::db
