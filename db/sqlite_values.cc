#include "db/sqlite_values.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/str_cat.h"

namespace edgebench::db {

std::string TextOfTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> TimeOfText(const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::DataLossError(
        absl::StrCat("the database holds \"", text, "\" where a time is expected"));
  }
  return time;
}

void BindText(SQLite::Statement& statement, const char* name, const std::string& text) {
  statement.bind(name, text);
}

void BindTextOrNull(SQLite::Statement& statement, const char* name, const std::string& text) {
  if (text.empty()) {
    statement.bind(name);
  } else {
    statement.bind(name, text);
  }
}

void BindInteger(SQLite::Statement& statement, const char* name, std::optional<int64_t> value) {
  if (value) {
    statement.bind(name, *value);
  } else {
    statement.bind(name);
  }
}

void BindReal(SQLite::Statement& statement, const char* name, std::optional<double> value) {
  if (value) {
    statement.bind(name, *value);
  } else {
    statement.bind(name);
  }
}

void BindMessage(SQLite::Statement& statement, const char* name,
                 const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  statement.bind(name, bytes.data(), static_cast<int>(bytes.size()));
}

absl::Status ReadMessage(const SQLite::Column& column, google::protobuf::MessageLite* message) {
  if (message->ParseFromArray(column.getBlob(), column.getBytes())) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the database holds bytes that are no ", message->GetTypeName()));
}

}  // namespace edgebench::db
