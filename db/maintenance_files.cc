#include "db/maintenance_files.h"

#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "db/cell_results.h"
#include "db/connection.h"
#include "db/migrations.h"

namespace edgebench::db {
namespace {

void CheckPages(Connection& connection, std::vector<std::string>& faults) {
  SQLite::Statement check(connection, absl::StrCat("PRAGMA integrity_check(", kMostFaults, ")"));
  while (check.executeStep()) {
    std::string line = check.getColumn(0).getString();
    if (line != "ok") faults.push_back(absl::StrCat("the file is damaged: ", line));
  }
}

void CheckReferences(Connection& connection, std::vector<std::string>& faults) {
  SQLite::Statement check(connection, "PRAGMA foreign_key_check");
  for (int count = 0; count < kMostFaults && check.executeStep(); ++count) {
    faults.push_back(absl::StrCat("row ", check.getColumn(1).getString(), " of ",
                                  check.getColumn(0).getString(), " refers to a row of ",
                                  check.getColumn(2).getString(), " that is not there"));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& path) {
  return Database::OpenReadOnly(path, kResultsApplicationId, ResultsMigrations());
}

absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT)
    return absl::NotFoundError(absl::StrCat("there is no database ", path));
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                             Database::Open(path, kResultsApplicationId, ResultsMigrations()));
  EDGEBENCH_RETURN_IF_ERROR(RefreshCellResults(*database));
  return database;
}

int64_t FileBytes(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

bool IsSameFile(const std::string& a, const std::string& b) {
  struct stat one, two;
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino;
}

int64_t CountMeasurements(Connection& connection, const std::string& from) {
  return CountOf(connection,
                 absl::StrCat("SELECT count(*) FROM (SELECT DISTINCT process.run_id,"
                              " process.cell_id, CASE process.kind WHEN 'benchmark' THEN 0"
                              " ELSE process.id END ",
                              from, ")"));
}

int64_t CountOf(Connection& connection, const std::string& query) {
  return connection.execAndGet(query).getInt64();
}

std::vector<std::string> TextsOf(Connection& connection, const std::string& query) {
  SQLite::Statement select(connection, query);
  std::vector<std::string> texts;
  while (select.executeStep()) texts.push_back(select.getColumn(0).getString());
  return texts;
}

void CheckStructure(Connection& connection, std::vector<std::string>& faults) {
  CheckPages(connection, faults);
  CheckReferences(connection, faults);
}

}  // namespace edgebench::db
