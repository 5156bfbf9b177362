#include "db/database.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "db/connection.h"

namespace edgebench::db {
namespace {

constexpr char kInMemory[] = ":memory:";
constexpr int kBusyTimeoutMs = 10'000;
constexpr int kPagesOfOneStep = 1024;  // of a copy
constexpr int kOpenFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

absl::StatusCode CodeOf(const SQLite::Exception& error) {
  // A full disk is seen here first: the shared memory of WAL is a file as well.
  if (error.getExtendedErrorCode() == SQLITE_IOERR_SHMSIZE)
    return absl::StatusCode::kResourceExhausted;
  switch (error.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kPermissionDenied;
    default:
      break;
  }
  switch (error.getExtendedErrorCode()) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::string_view Advice(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kDataLoss:
      return "; the file is damaged or is no database: move it away or restore a copy of it";
    case absl::StatusCode::kUnavailable:
      return "; another process holds it: try again when that has ended";
    case absl::StatusCode::kResourceExhausted:
      return "; free some space and try again";
    case absl::StatusCode::kPermissionDenied:
      return "; see to it that the file and its folder can be written, or name another file";
    default:
      return "";
  }
}

absl::Status ToStatus(const SQLite::Exception& error, const std::string& path) {
  const absl::StatusCode code = CodeOf(error);
  return absl::Status(code, absl::StrCat("database ", path, ": ", error.what(), Advice(code)));
}

// SQLite says "unable to open database file" for all of these. Asked without
// opening the file: closing it would drop the locks that another connection of
// this process holds on it.
absl::Status CheckAccess(const std::string& path) {
  EDGEBENCH_RETURN_IF_ERROR(Database::CheckName(path));
  struct stat info;
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat("database ", path, " is a folder; name a file"));
    }
    if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
      return absl::PermissionDeniedError(
          absl::StrCat(ErrnoStatus(errno, absl::StrCat("database ", path)).message(),
                       ": it must be readable and writable; name another file, or copy it"));
    }
  } else if (errno != ENOENT) {
    return ErrnoStatus(errno, absl::StrCat("database ", path));
  }
  const std::string folder = ParentOf(path);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return ErrnoStatus(errno,
                       absl::StrCat("database ", path, " needs a writable folder, ", folder));
  }
  return absl::OkStatus();
}

int Pragma(SQLite::Database& connection, const char* name) {
  return connection.execAndGet(absl::StrCat("PRAGMA ", name)).getInt();
}

// The version of the schema, once it is certain that the file is one of ours.
absl::StatusOr<size_t> CheckVersion(SQLite::Database& connection, const std::string& path,
                                    int application_id, size_t newest) {
  const int found_id = Pragma(connection, "application_id");
  const int version = Pragma(connection, "user_version");
  const int tables = connection.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  const bool empty = found_id == 0 && version == 0 && tables == 0;
  if (empty) return size_t{0};
  if (found_id != application_id || version <= 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("database ", path, " belongs to another program or another part of edgebench;",
                     " it was left as it is: name another file"));
  }
  if (static_cast<size_t>(version) > newest) {
    return absl::FailedPreconditionError(
        absl::StrCat("database ", path, " has schema version ", version,
                     ", written by a newer edgebench; this one knows versions up to ", newest,
                     ": update edgebench, or name another file"));
  }
  return static_cast<size_t>(version);
}

absl::Status CheckWhole(SQLite::Database& connection, const std::string& path) {
  const std::string verdict = connection.execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("database ", path, " is damaged (", verdict,
                                          "); it was left as it is: restore a copy of it"));
}

// Foreign keys are off while tables may be rebuilt, and checked at the end.
absl::Status ApplySteps(SQLite::Database& connection, const std::string& path, size_t version,
                        const std::vector<Migration>& migrations) {
  for (size_t step = version; step < migrations.size(); ++step) {
    connection.exec(migrations[step].sql);
  }
  SQLite::Statement broken(connection, "PRAGMA foreign_key_check");
  if (broken.executeStep()) {
    return absl::DataLossError(absl::StrCat("database ", path, ": a row of table ",
                                            broken.getColumn(0).getString(),
                                            " refers to a row that is not there"));
  }
  return absl::OkStatus();
}

// All missing steps in one transaction: the file has the old schema or the new.
absl::Status Migrate(SQLite::Database& connection, const std::string& path, int application_id,
                     const std::vector<Migration>& migrations) {
  SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
  // Read again under the lock: another process may have migrated meanwhile.
  EDGEBENCH_ASSIGN_OR_RETURN(const size_t version,
                             CheckVersion(connection, path, application_id, migrations.size()));
  if (version == migrations.size()) return absl::OkStatus();
  const std::string copy = absl::StrCat(path, ".v", version, ".bak");
  // Of a file that stays as it is nobody needs a copy.
  absl::Cleanup tidy = [&copy] { std::remove(copy.c_str()); };
  if (version > 0 && path != kInMemory) {
    EDGEBENCH_RETURN_IF_ERROR(CheckWhole(connection, path));
    EDGEBENCH_RETURN_IF_ERROR(Database::Copy(path, copy));
  }
  EDGEBENCH_RETURN_IF_ERROR(ApplySteps(connection, path, version, migrations));
  connection.exec(absl::StrCat("PRAGMA application_id = ", application_id));
  connection.exec(absl::StrCat("PRAGMA user_version = ", migrations.size()));
  transaction.commit();
  std::move(tidy).Cancel();
  return absl::OkStatus();
}

// Within one transaction: another process may just be migrating.
absl::StatusOr<size_t> CheckVersionAtOnce(SQLite::Database& connection, const std::string& path,
                                          int application_id, size_t newest) {
  SQLite::Transaction reading(connection);
  return CheckVersion(connection, path, application_id, newest);
}

// SQLite does not wait out the busy timeout for this one switch: while another
// connection writes, it answers SQLITE_BUSY at once.
void SwitchToWriteAheadLog(SQLite::Database& connection) {
  constexpr int kRetryMs = 10;
  constexpr char kSwitch[] = "PRAGMA journal_mode = WAL";
  for (int waited_ms = 0; waited_ms < kBusyTimeoutMs; waited_ms += kRetryMs) {
    if ((connection.tryExec(kSwitch) & 0xff) != SQLITE_BUSY) break;
    sqlite3_sleep(kRetryMs);
  }
  connection.exec(kSwitch);
}

absl::Status Prepare(SQLite::Database& connection, const std::string& path, int application_id,
                     const std::vector<Migration>& migrations) {
  connection.exec("PRAGMA foreign_keys = OFF");
  EDGEBENCH_ASSIGN_OR_RETURN(
      const size_t version,
      CheckVersionAtOnce(connection, path, application_id, migrations.size()));
  SwitchToWriteAheadLog(connection);
  // A commit is on the disk before anybody is told of it.
  connection.exec("PRAGMA synchronous = FULL");
  if (version < migrations.size()) {
    EDGEBENCH_RETURN_IF_ERROR(Migrate(connection, path, application_id, migrations));
  }
  connection.exec("PRAGMA foreign_keys = ON");
  return absl::OkStatus();
}

bool IsWritable(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

bool HasContent(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

absl::Status CheckReadable(const std::string& path) {
  EDGEBENCH_RETURN_IF_ERROR(Database::CheckName(path));
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("there is no database ", path));
    return ErrnoStatus(errno, absl::StrCat("database ", path));
  }
  if (S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("database ", path, " is a folder; name a file"));
  }
  if (faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    return ErrnoStatus(errno, absl::StrCat("database ", path));
  return absl::OkStatus();
}

// Every reader of a file with a write-ahead log writes to the shared memory beside it. Where
// nobody can, and there is no log, nobody changes the file either: SQLite is told so.
std::string ReadOnlyUri(const std::string& path) {
  const bool unchanging = !HasContent(path + "-wal") && !IsWritable(ParentOf(path), W_OK | X_OK);
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = absl::ascii_isalnum(c) || c == '/' || c == '.' || c == '_' || c == '-';
    if (plain) {
      uri += c;
    } else {
      absl::StrAppend(&uri, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return unchanging ? uri + "?immutable=1" : uri;
}

// It may write to the file where this process may, for only then does the last one to close it
// remove the log and the shared memory beside it; statements that write are refused all the same.
std::unique_ptr<Connection> OpenReader(const std::string& path) {
  const bool writable = IsWritable(path, W_OK) && IsWritable(ParentOf(path), W_OK | X_OK);
  const int mode = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  auto connection =
      std::make_unique<Connection>(ReadOnlyUri(path), mode | SQLITE_OPEN_URI, kBusyTimeoutMs);
  connection->exec("PRAGMA query_only = ON");
  return connection;
}

absl::Status CheckIsCurrent(SQLite::Database& connection, const std::string& path,
                            int application_id, size_t newest) {
  EDGEBENCH_ASSIGN_OR_RETURN(const size_t version,
                             CheckVersionAtOnce(connection, path, application_id, newest));
  if (version == newest) return absl::OkStatus();
  if (version == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "database ", path, " is empty: measure something into it, or name another file"));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "database ", path, " has schema version ", version, ", and this edgebench reads ", newest,
      ": edgebench results migrates it, or a copy of it where it may not be written"));
}

}  // namespace

Database::Database(std::string path, std::unique_ptr<Connection> connection)
    : path_(std::move(path)), connection_(std::move(connection)) {}

Database::~Database() = default;

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                         int application_id,
                                                         const std::vector<Migration>& migrations) {
  if (path.empty()) return absl::FailedPreconditionError("the database needs a file name");
  if (path != kInMemory) {
    EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(ParentOf(path)));
    EDGEBENCH_RETURN_IF_ERROR(CheckAccess(path));
  }
  try {
    auto connection = std::make_unique<Connection>(path, kOpenFlags, kBusyTimeoutMs);
    EDGEBENCH_RETURN_IF_ERROR(Prepare(*connection, path, application_id, migrations));
    return std::unique_ptr<Database>(new Database(path, std::move(connection)));
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path);
  }
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenReadOnly(
    const std::string& path, int application_id, const std::vector<Migration>& migrations) {
  EDGEBENCH_RETURN_IF_ERROR(CheckReadable(path));
  try {
    auto connection = OpenReader(path);
    EDGEBENCH_RETURN_IF_ERROR(CheckIsCurrent(*connection, path, application_id, migrations.size()));
    return std::unique_ptr<Database>(new Database(path, std::move(connection)));
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path);
  }
}

absl::Status Database::CheckName(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 && errno == ENAMETOOLONG)
    return ErrnoStatus(errno, absl::StrCat("database ", path));
  if (lstat(absl::StrCat(path, "-wal").c_str(), &info) == 0 || errno != ENAMETOOLONG)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the name of the database ", path,
                   " is too long: files beside it have 4 bytes more; shorten it"));
}

absl::Status Database::Copy(const std::string& path, const std::string& to,
                            const std::function<void(double)>& progress) {
  EDGEBENCH_RETURN_IF_ERROR(CheckReadable(path));
  std::string unfinished = TemporaryBeside(to);
  const UniqueFd made(mkostemp(unfinished.data(), O_CLOEXEC));
  if (!made.valid()) return ErrnoStatus(errno, absl::StrCat("cannot write the copy ", to));
  const absl::Cleanup tidy = [&unfinished] { std::remove(unfinished.c_str()); };
  struct stat original;
  if (stat(path.c_str(), &original) != 0 ||
      fchmod(made.get(), (original.st_mode & 0777) | S_IWUSR) != 0)
    return ErrnoStatus(errno, absl::StrCat("cannot write the copy ", to));
  try {
    const std::unique_ptr<Connection> source = OpenReader(path);
    SQLite::Database target(unfinished, SQLITE_OPEN_READWRITE);
    // What others commit between two steps is not part of it, nor makes it begin again.
    const SQLite::Transaction snapshot(*source);
    source->execAndGet("SELECT count(*) FROM sqlite_schema");
    SQLite::Backup backup(target, *source);
    int outcome = SQLITE_OK;
    while ((outcome = backup.executeStep(kPagesOfOneStep)) == SQLITE_OK) {
      progress(1 - static_cast<double>(backup.getRemainingPageCount()) /
                       std::max(backup.getTotalPageCount(), 1));
    }
    if (outcome != SQLITE_DONE) {
      return absl::UnavailableError(absl::StrCat("database ", path, " could not be copied to ", to,
                                                 ": it is locked; try again"));
    }
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, absl::StrCat(path, ", copied to ", to));
  }
  if (std::rename(unfinished.c_str(), to.c_str()) != 0)
    return ErrnoStatus(errno, absl::StrCat("cannot write the copy ", to));
  return SyncFolder(ParentOf(to));
}

absl::Status Database::Run(const std::function<absl::Status(Connection&)>& body) {
  try {
    return body(*connection_);
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path_);
  }
}

absl::Status Database::Transact(const std::function<absl::Status(Connection&)>& body) {
  return Run([&body](Connection& connection) {
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    EDGEBENCH_RETURN_IF_ERROR(body(connection));
    transaction.commit();
    return absl::OkStatus();
  });
}

}  // namespace edgebench::db
