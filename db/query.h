#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"

namespace edgebench::db {

// Bytes that are no text.
struct Blob {
  std::string bytes;
};

// NULL is monostate.
using QueryValue = std::variant<std::monostate, int64_t, double, std::string, Blob>;

// Takes the rows of a query one by one, so that any number of them fit.
class QueryReader {
 public:
  virtual ~QueryReader() = default;
  // Once, before the first row.
  virtual absl::Status Columns(const std::vector<std::string>& names) = 0;
  // An error ends the query and is its answer.
  virtual absl::Status Row(const std::vector<QueryValue>& values) = 0;
};

// Runs one statement of SQL that reads, on the results in a file, over a connection that cannot
// write.
//   INVALID_ARGUMENT     it is no SQL, is several statements, or does more than read
//   Errors of Database::OpenReadOnly
absl::Status RunQuery(const std::string& path, const std::string& sql, QueryReader& reader);

}  // namespace edgebench::db
