#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace edgebench::db {

// A connection that keeps its prepared statements: parsing the SQL takes longer than storing a
// result. Include in .cc files only.
class Connection : public SQLite::Database {
 public:
  using SQLite::Database::Database;

 private:
  friend class CachedStatement;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> idle_;
};

// A statement for as long as this lives, of those that the connection keeps if it has one. It
// comes without bindings, and goes back reset.
class CachedStatement {
 public:
  CachedStatement(Connection& connection, const std::string& sql)
      : connection_(connection), sql_(sql) {
    const auto kept = connection.idle_.find(sql);
    if (kept == connection.idle_.end()) {
      statement_ = std::make_unique<SQLite::Statement>(connection, sql);
    } else {
      statement_ = std::move(kept->second);
      connection.idle_.erase(kept);
    }
  }
  ~CachedStatement() {
    statement_->tryReset();
    statement_->clearBindings();
    connection_.idle_.emplace(sql_, std::move(statement_));
  }
  CachedStatement(const CachedStatement&) = delete;
  CachedStatement& operator=(const CachedStatement&) = delete;

  operator SQLite::Statement&() { return *statement_; }  // NOLINT(google-explicit-constructor)
  // By name or by position.
  template <typename Key, typename Value>
  void bind(const Key& key, const Value& value) {
    statement_->bind(key, value);
  }
  // NOLINTBEGIN(readability-identifier-naming): as SQLite::Statement has them.
  bool executeStep() { return statement_->executeStep(); }
  int exec() { return statement_->exec(); }
  void reset() { statement_->reset(); }
  SQLite::Column getColumn(int index) { return statement_->getColumn(index); }
  // NOLINTEND(readability-identifier-naming)

 private:
  Connection& connection_;
  const std::string sql_;
  std::unique_ptr<SQLite::Statement> statement_;
};

}  // namespace edgebench::db
