#pragma once

#include <cstdint>

#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

class Connection;

// The rows of profile_operator and peak that a measurement's result has, for queries: the
// result itself is in measurement. Throws what SQLiteCpp throws.
void InsertProfileRows(Connection& connection, int64_t measurement_id, const v1::JobResult& result);

}  // namespace edgebench::db
