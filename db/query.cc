#include "db/query.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cctype>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/database.h"
#include "db/migrations.h"

namespace edgebench::db {
namespace {

constexpr char kOnlyReads[] =
    "only statements that read are run: SELECT, WITH, VALUES, EXPLAIN, and PRAGMAs that tell "
    "something, such as PRAGMA table_info(results)";

// PRAGMAs that tell something and change nothing, with an argument or without.
bool TellsSomething(absl::string_view name, bool has_argument) {
  for (const absl::string_view known :
       {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
        "foreign_key_list", "foreign_key_check", "database_list", "function_list", "pragma_list",
        "collation_list", "compile_options", "integrity_check", "quick_check"}) {
    if (absl::AsciiStrToLower(name) == known) return true;
  }
  return !has_argument;
}

// The connection cannot write to the file. This keeps a query from other files: ATTACH makes
// and writes them, and so does VACUUM INTO.
int Authorize(void* /*unused*/, int action, const char* name, const char* argument,
              const char* /*database*/, const char* /*trigger*/) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_PRAGMA:
      return TellsSomething(name, argument != nullptr) ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

bool IsBlank(absl::string_view sql) {
  for (const char c : sql)
    if (!absl::ascii_isspace(static_cast<unsigned char>(c)) && c != ';') return false;
  return true;
}

absl::StatusOr<Statement> Prepare(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v2(connection, sql.c_str(), static_cast<int>(sql.size() + 1), &raw, &rest);
  Statement statement(raw, sqlite3_finalize);
  if (code == SQLITE_AUTH) return absl::InvalidArgumentError(kOnlyReads);
  if (code != SQLITE_OK) {
    const std::string where =
        sqlite3_error_offset(connection) < 0
            ? ""
            : absl::StrCat(" (at character ", sqlite3_error_offset(connection) + 1, ")");
    return absl::InvalidArgumentError(
        absl::StrCat("SQL: ", sqlite3_errmsg(connection), where,
                     "\nThe views and their columns: docs/results-schema.md, or\n"
                     "  edgebench query \"SELECT name FROM sqlite_schema WHERE type = 'view'\""));
  }
  if (statement == nullptr) return absl::InvalidArgumentError("there is no statement in this SQL");
  if (!IsBlank(rest))
    return absl::InvalidArgumentError("this SQL has several statements: run them one by one");
  if (sqlite3_stmt_readonly(statement.get()) == 0) return absl::InvalidArgumentError(kOnlyReads);
  return statement;
}

QueryValue ValueOf(sqlite3_stmt* statement, int column) {
  const auto size = [&] { return static_cast<size_t>(sqlite3_column_bytes(statement, column)); };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* const text =
          reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, size());
    }
    case SQLITE_BLOB: {
      const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return Blob{bytes == nullptr ? "" : std::string(bytes, size())};
    }
    default:
      return std::monostate();
  }
}

absl::Status ReadAll(sqlite3* connection, sqlite3_stmt* statement, QueryReader& reader) {
  const int count = sqlite3_column_count(statement);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(sqlite3_column_name(statement, i));
  EDGEBENCH_RETURN_IF_ERROR(reader.Columns(names));
  std::vector<QueryValue> row(static_cast<size_t>(count));
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < count; ++i) row[static_cast<size_t>(i)] = ValueOf(statement, i);
    EDGEBENCH_RETURN_IF_ERROR(reader.Row(row));
  }
  if (code == SQLITE_DONE) return absl::OkStatus();
  const std::string message = absl::StrCat("SQL: ", sqlite3_errmsg(connection));
  // Said of what the statement computes; a damaged file is another matter.
  if (code == SQLITE_ERROR || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH)
    return absl::InvalidArgumentError(message);
  throw SQLite::Exception(connection, code);
}

}  // namespace

absl::Status RunQuery(const std::string& path, const std::string& sql, QueryReader& reader) {
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::unique_ptr<Database> database,
      Database::OpenReadOnly(path, kResultsApplicationId, ResultsMigrations()));
  return database->Run([&](Connection& connection) -> absl::Status {
    sqlite3* const handle = connection.getHandle();
    sqlite3_set_authorizer(handle, Authorize, nullptr);
    EDGEBENCH_ASSIGN_OR_RETURN(const Statement statement, Prepare(handle, sql));
    return ReadAll(handle, statement.get(), reader);
  });
}

}  // namespace edgebench::db
