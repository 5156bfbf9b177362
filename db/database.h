#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace edgebench::db {

class Connection;

// One step of a schema, in order; applying step i raises PRAGMA user_version
// from i to i + 1. The SQL lives in db/sql/ and is compiled in.
struct Migration {
  const char* name;
  const char* sql;
};

// One SQLite connection (WAL, foreign keys on, busy timeout). Not thread-safe:
// its owner guards it. The only place where SQLiteCpp's exceptions are caught
// is Run.
class Database {
 public:
  // Opens or creates the file, or ":memory:", and migrates it forward. The
  // parent folder is made. Before an existing database is migrated it is
  // copied to PATH.v<old>.bak.
  //   FAILED_PRECONDITION  the file was written by a newer edgebench; names both versions
  //   INVALID_ARGUMENT     as CheckName
  //   DATA_LOSS            the file is not a database, or is damaged
  //   PERMISSION_DENIED    it cannot be read or written
  //   UNAVAILABLE          another process holds it locked for longer than the timeout
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, int application_id,
                                                        const std::vector<Migration>& migrations);

  // Opens a file that this process may not or shall not write, also on a medium that nobody
  // can. Nothing is migrated, and what the connection is asked to write fails.
  //   NOT_FOUND            there is no such file
  //   FAILED_PRECONDITION  it is of an older schema or empty, or as with Open
  //   DATA_LOSS, PERMISSION_DENIED, UNAVAILABLE  as with Open
  static absl::StatusOr<std::unique_ptr<Database>> OpenReadOnly(
      const std::string& path, int application_id, const std::vector<Migration>& migrations);

  // Whether a file of that name can be used: those beside it have longer names.
  //   INVALID_ARGUMENT  they do not fit
  static absl::Status CheckName(const std::string& path);

  // A copy of what is committed in a file of SQLite, which others may write meanwhile. It appears
  // under its name when it is whole, in place of a file that is there. `progress` is given the
  // share that is copied.
  // Errors as OpenReadOnly; RESOURCE_EXHAUSTED where the disk is full.
  static absl::Status Copy(
      const std::string& path, const std::string& to,
      const std::function<void(double)>& progress = [](double) {});

  ~Database();

  // Runs `body` and converts what SQLiteCpp throws: UNAVAILABLE for busy and
  // locked, RESOURCE_EXHAUSTED for a full disk, DATA_LOSS for corruption,
  // ALREADY_EXISTS for a broken uniqueness or key constraint, INTERNAL otherwise.
  absl::Status Run(const std::function<absl::Status(Connection&)>& body);

  // As Run, within one transaction (BEGIN IMMEDIATE): committed when the body
  // answers OK, rolled back otherwise.
  absl::Status Transact(const std::function<absl::Status(Connection&)>& body);

  const std::string& path() const { return path_; }

 private:
  Database(std::string path, std::unique_ptr<Connection> connection);
  std::string path_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace edgebench::db
