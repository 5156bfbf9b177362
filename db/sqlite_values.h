#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"

namespace SQLite {
class Column;
class Statement;
}  // namespace SQLite

namespace edgebench::db {

// How values of ours are kept in SQLite. Empty is NULL where that is said.

// "2026-11-20T20:56:36.123456789Z": sorts, and SQLite's date functions read it.
std::string TextOfTime(absl::Time time);
// DATA_LOSS when the text is no such time.
absl::StatusOr<absl::Time> TimeOfText(const std::string& text);

void BindText(SQLite::Statement& statement, const char* name, const std::string& text);
void BindTextOrNull(SQLite::Statement& statement, const char* name, const std::string& text);
void BindInteger(SQLite::Statement& statement, const char* name, std::optional<int64_t> value);
void BindReal(SQLite::Statement& statement, const char* name, std::optional<double> value);
void BindMessage(SQLite::Statement& statement, const char* name,
                 const google::protobuf::MessageLite& message);

// DATA_LOSS when the bytes are no such message.
absl::Status ReadMessage(const SQLite::Column& column, google::protobuf::MessageLite* message);

}  // namespace edgebench::db
