#include "db/database.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/db/ask.h"

namespace edgebench::db {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kId = 4711;
constexpr int kOtherId = 4712;

const std::vector<Migration>& VersionOne() {
  static const auto* const steps = new std::vector<Migration>{
      {"0001", "CREATE TABLE pet (name TEXT PRIMARY KEY, legs INTEGER NOT NULL) STRICT;"}};
  return *steps;
}

const std::vector<Migration>& VersionThree() {
  static const auto* const steps = new std::vector<Migration>{
      VersionOne()[0],
      {"0002", "ALTER TABLE pet ADD COLUMN owner TEXT;"},
      {"0003", "UPDATE pet SET owner = 'nobody'; CREATE INDEX pet_by_owner ON pet (owner);"}};
  return *steps;
}

std::string AskFile(const std::string& path, const std::string& sql) {
  SQLite::Database connection(path, SQLite::OPEN_READONLY);
  return connection.execAndGet(sql).getString();
}

// Closes at once: what stays is the file.
void MakeVersionOne(const std::string& path) {
  auto database = Database::Open(path, kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(Execute(**database, "INSERT INTO pet VALUES ('cat', 4)").ok());
}

std::string ErrorOf(const absl::StatusOr<std::unique_ptr<Database>>& database) {
  return std::string(database.status().message());
}

TEST(Database, MakesTheFileAndItsFolder) {
  TempDir folder;
  const std::string path = folder.File("deep/down/results.db");
  auto database = Database::Open(path, kId, VersionThree());
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ((*database)->path(), path);
  EXPECT_EQ(Ask(**database, "PRAGMA user_version"), "3");
  EXPECT_EQ(Ask(**database, "PRAGMA application_id"), "4711");
}

TEST(Database, IsSetUpToLoseNothing) {
  TempDir folder;
  auto database = Database::Open(folder.File("a.db"), kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ(Ask(**database, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(Ask(**database, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(Ask(**database, "PRAGMA synchronous"), "2");  // FULL
}

TEST(Database, LivesInMemoryToo) {
  auto database = Database::Open(":memory:", kId, VersionThree());
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ(Ask(**database, "PRAGMA user_version"), "3");
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST(Database, MigratesAnOlderFileAndKeepsACopyOfIt) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  auto database = Database::Open(path, kId, VersionThree());
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ(Ask(**database, "SELECT name || legs || owner FROM pet"), "cat4nobody");
  EXPECT_EQ(AskFile(path + ".v1.bak", "PRAGMA user_version"), "1");
  EXPECT_EQ(AskFile(path + ".v1.bak", "SELECT name || legs FROM pet"), "cat4");
}

TEST(Database, CopiesNothingWhenThereIsNothingToMigrate) {
  TempDir folder;
  MakeVersionOne(folder.File("a.db"));
  ASSERT_TRUE(Database::Open(folder.File("a.db"), kId, VersionOne()).ok());
  EXPECT_FALSE(std::filesystem::exists(folder.File("a.db.v1.bak")));
}

TEST(Database, AMigrationThatFailsLeavesTheOldSchemaWhole) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  std::vector<Migration> steps = VersionThree();
  steps.push_back({"0004", "CREATE TABLE toy (name TEXT) STRICT; SELECT no_such_column FROM pet;"});
  EXPECT_EQ(Database::Open(path, kId, steps).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(AskFile(path, "PRAGMA user_version"), "1");
  EXPECT_EQ(AskFile(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'toy'"), "0");
  EXPECT_FALSE(std::filesystem::exists(path + ".v1.bak")) << "nothing was changed";
  EXPECT_TRUE(Database::Open(path, kId, VersionOne()).ok());
}

TEST(Database, AMigrationMayNotLeaveABrokenReference) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  std::vector<Migration> steps = VersionOne();
  steps.push_back({"0002",
                   "CREATE TABLE toy (pet TEXT REFERENCES pet (name)) STRICT;"
                   "INSERT INTO toy VALUES ('dog');"});
  EXPECT_FALSE(Database::Open(path, kId, steps).ok());
  EXPECT_EQ(AskFile(path, "PRAGMA user_version"), "1");
}

TEST(Database, AReaderWritesNothingAndLeavesNothingBesideTheFile) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  {
    auto reader = Database::OpenReadOnly(path, kId, VersionOne());
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(Ask(**reader, "SELECT name FROM pet"), "cat");
    const absl::Status written = (*reader)->Run([](Connection& connection) {
      connection.exec("DELETE FROM pet");
      return absl::OkStatus();
    });
    EXPECT_EQ(written.code(), absl::StatusCode::kPermissionDenied) << written;
  }
  EXPECT_TRUE(Database::Copy(path, folder.File("b.db")).ok());
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files.insert(entry.path().filename());
  EXPECT_THAT(files, ::testing::ElementsAre("a.db", "b.db"));
}

TEST(Database, AReaderSaysOfAnEmptyFileThatItIsEmpty) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("a.db"), "").ok());
  const auto reader = Database::OpenReadOnly(folder.File("a.db"), kId, VersionOne());
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ErrorOf(reader), HasSubstr("is empty"));
}

TEST(Database, ACopyReplacesOnlyTheFileOfItsName) {
  TempDir folder;
  MakeVersionOne(folder.File("a.db"));
  ASSERT_TRUE(WriteFileAtomically(folder.File("b.db.tmp"), "somebody's").ok());
  ASSERT_TRUE(Database::Copy(folder.File("a.db"), folder.File("b.db")).ok());
  EXPECT_EQ(*ReadFile(folder.File("b.db.tmp")), "somebody's");
}

TEST(Database, RefusesANewerFileAndNamesBothVersions) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  ASSERT_TRUE(Database::Open(path, kId, VersionThree()).ok());
  const auto database = Database::Open(path, kId, VersionOne());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ErrorOf(database), AllOf(HasSubstr(path), HasSubstr("version 3"),
                                       HasSubstr("up to 1"), HasSubstr("update edgebench")));
  EXPECT_EQ(AskFile(path, "PRAGMA user_version"), "3");
}

TEST(Database, RefusesTheDatabaseOfAnotherProgram) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  ASSERT_TRUE(Database::Open(path, kOtherId, VersionThree()).ok());
  const auto database = Database::Open(path, kId, VersionThree());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ErrorOf(database), HasSubstr(path));
}

TEST(Database, RefusesAForeignDatabaseWithoutAnId) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  {
    SQLite::Database other(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE contacts (name TEXT)");
  }
  EXPECT_EQ(Database::Open(path, kId, VersionOne()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AskFile(path, "SELECT count(*) FROM sqlite_schema"), "1");
}

TEST(Database, TellsAFileThatIsNoDatabase) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  const std::string content(10'000, 'x');
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
  const auto database = Database::Open(path, kId, VersionOne());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(ErrorOf(database), AllOf(HasSubstr(path), HasSubstr("no database")));
  EXPECT_EQ(*ReadFile(path), content) << "it was left as it is";
}

TEST(Database, TellsADamagedFileBeforeItMigrates) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  std::string content = *ReadFile(path);
  ASSERT_GE(content.size(), 8192u);
  content.replace(4096, 4096, std::string(4096, '\x5a'));
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
  const auto database = Database::Open(path, kId, VersionThree());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(ErrorOf(database), HasSubstr(path));
}

TEST(Database, TellsDamageThatIsMetLater) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  std::string content = *ReadFile(path);
  content.replace(4096, 4096, std::string(4096, '\x5a'));
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
  auto database = Database::Open(path, kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status status = Execute(**database, "SELECT * FROM pet");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

TEST(Database, RefusesAFolder) {
  TempDir folder;
  const auto database = Database::Open(folder.path(), kId, VersionOne());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ErrorOf(database), HasSubstr("folder"));
}

// Permissions say nothing to root: such a test takes another user's id for a while.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : was_root_(geteuid() == 0) {
    if (was_root_ && seteuid(65534) != 0) std::abort();
  }
  ~AsOrdinaryUser() {
    if (was_root_ && seteuid(0) != 0) std::abort();
    // A change of user makes a process one that nobody may trace, and the leak
    // sanitizer looks at it by tracing.
    prctl(PR_SET_DUMPABLE, 1);
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  bool was_root_;
};

TEST(Database, RefusesAReadOnlyFile) {
  AsOrdinaryUser user;
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  const auto database = Database::Open(path, kId, VersionOne());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(ErrorOf(database), HasSubstr(path));
}

TEST(Database, RefusesAFolderThatCannotBeWritten) {
  AsOrdinaryUser user;
  TempDir folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0500), 0);
  const auto database = Database::Open(folder.File("a.db"), kId, VersionOne());
  EXPECT_EQ(database.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(ErrorOf(database), HasSubstr(folder.path()));
  EXPECT_EQ(chmod(folder.path().c_str(), 0700), 0);
}

TEST(Database, ABodyThatFailsIsRolledBack) {
  auto database = Database::Open(":memory:", kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status status = (*database)->Transact([](SQLite::Database& connection) {
    connection.exec("INSERT INTO pet VALUES ('cat', 4)");
    return absl::AbortedError("thought better of it");
  });
  EXPECT_EQ(status, absl::AbortedError("thought better of it"));
  EXPECT_EQ(Ask(**database, "SELECT count(*) FROM pet"), "0");
}

TEST(Database, AnExceptionInABodyIsRolledBackAndConverted) {
  auto database = Database::Open(":memory:", kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status status = (*database)->Transact([](SQLite::Database& connection) {
    connection.exec("INSERT INTO pet VALUES ('cat', 4)");
    connection.exec("INSERT INTO pet VALUES ('cat', 5)");
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Ask(**database, "SELECT count(*) FROM pet"), "0");
}

TEST(Database, ConvertsConstraintsByTheirKind) {
  auto database = Database::Open(":memory:", kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ(Execute(**database, "INSERT INTO pet VALUES ('cat', NULL)").code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(Execute(**database, "INSERT INTO pet VALUES ('cat', 'four')").code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(Execute(**database, "no sql at all").code(), absl::StatusCode::kInternal);
}

TEST(Database, AnotherConnectionsLockIsUnavailable) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  auto first = Database::Open(path, kId, VersionOne());
  auto second = Database::Open(path, kId, VersionOne());
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(Execute(**second, "PRAGMA busy_timeout = 1").ok());
  ASSERT_TRUE(Execute(**first, "BEGIN IMMEDIATE").ok());
  const absl::Status status =
      (*second)->Transact([](SQLite::Database&) { return absl::OkStatus(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(Execute(**first, "COMMIT").ok());
  EXPECT_TRUE((*second)->Transact([](SQLite::Database&) { return absl::OkStatus(); }).ok());
}

TEST(Database, AFullDiskIsResourceExhausted) {
  TempDir folder;
  auto database = Database::Open(folder.File("a.db"), kId, VersionOne());
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(Execute(**database, "PRAGMA max_page_count = 10").ok());
  EXPECT_EQ(
      Execute(**database, "INSERT INTO pet VALUES (zeroblob(0) || printf('%.100000c', 'x'), 4)")
          .code(),
      absl::StatusCode::kResourceExhausted);
}

TEST(Database, ManyCanOpenANewFileAtOnce) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  constexpr int kThreads = 4;
  std::vector<absl::Status> statuses(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&statuses, &path, i] {
      auto database = Database::Open(path, kId, VersionThree());
      statuses[static_cast<size_t>(i)] =
          database.ok()
              ? Execute(**database, "INSERT INTO pet VALUES ('" + std::to_string(i) + "', 4, NULL)")
              : database.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(AskFile(path, "SELECT count(*) FROM pet"), "4");
}

TEST(Database, WaitsForAWriterOfAFileThatHasNoWriteAheadLogYet) {
  TempDir folder;
  const std::string path = folder.File("a.db");
  MakeVersionOne(path);
  SQLite::Database writer(path, SQLite::OPEN_READWRITE);
  ASSERT_EQ(writer.execAndGet("PRAGMA journal_mode = DELETE").getString(), "delete");
  writer.exec("BEGIN IMMEDIATE");
  std::thread ends_soon([&writer] {
    absl::SleepFor(absl::Milliseconds(300));
    writer.exec("COMMIT");
  });
  auto database = Database::Open(path, kId, VersionOne());
  ends_soon.join();
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ(Ask(**database, "PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace edgebench::db
