#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "db/connection.h"
#include "db/database.h"

namespace edgebench::db {

inline absl::Status Execute(Database& database, const std::string& sql) {
  return database.Run([&sql](SQLite::Database& connection) {
    connection.exec(sql);
    return absl::OkStatus();
  });
}

// One value, or what went wrong.
inline std::string Ask(Database& database, const std::string& sql) {
  std::string answer;
  const absl::Status status = database.Run([&](SQLite::Database& connection) {
    answer = connection.execAndGet(sql).getString();
    return absl::OkStatus();
  });
  return status.ok() ? answer : status.ToString();
}

}  // namespace edgebench::db
