#include "db/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The rows as texts.
class Rows : public QueryReader {
 public:
  absl::Status Columns(const std::vector<std::string>& names) override {
    lines.push_back(absl::StrJoin(names, "|"));
    return absl::OkStatus();
  }
  absl::Status Row(const std::vector<QueryValue>& values) override {
    std::vector<std::string> texts;
    for (const QueryValue& value : values) texts.push_back(std::visit(Text(), value));
    lines.push_back(absl::StrJoin(texts, "|"));
    return lines.size() > kMost ? absl::OutOfRangeError("enough") : absl::OkStatus();
  }
  static constexpr size_t kMost = 100;
  std::vector<std::string> lines;

 private:
  struct Text {
    std::string operator()(std::monostate /*null*/) const { return "null"; }
    std::string operator()(int64_t value) const { return absl::StrCat("i", value); }
    std::string operator()(double value) const { return absl::StrCat("r", value); }
    std::string operator()(const std::string& value) const { return "t" + value; }
    std::string operator()(const Blob& value) const {
      return absl::StrCat("b", value.bytes.size());
    }
  };
};

class Query : public ::testing::Test {
 protected:
  Query() { file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000)); }

  absl::Status Run(const std::string& sql) { return RunQuery(file_.path(), sql, rows_); }

  TempDir folder_;
  ResultsFile file_{folder_.File("results.db")};
  Rows rows_;
};

TEST_F(Query, TellsColumnsAndValuesOfEachType) {
  ASSERT_TRUE(Run("SELECT model, median_ms, samples, engine, x'00ff' AS bytes FROM latency;").ok());
  EXPECT_THAT(rows_.lines,
              ElementsAre("model|median_ms|samples|engine|bytes", "tresnet18|r10|i21|null|b2"));
}

TEST_F(Query, TellsTheColumnsOfNoRow) {
  ASSERT_TRUE(Run("SELECT model FROM latency WHERE model = 'no'").ok());
  EXPECT_THAT(rows_.lines, ElementsAre("model"));
}

TEST_F(Query, TellsWhatPragmasKnow) {
  EXPECT_TRUE(Run("PRAGMA table_info(latency)").ok());
  EXPECT_GT(rows_.lines.size(), 10u);
  EXPECT_TRUE(Run("EXPLAIN QUERY PLAN SELECT * FROM latency").ok());
  EXPECT_TRUE(Run("PRAGMA user_version").ok());
}

TEST_F(Query, ChangesNothing) {
  for (const char* sql :
       {"DELETE FROM measurement", "UPDATE measurement SET model = 'x'", "DROP VIEW latency",
        "CREATE TABLE t (a)", "INSERT INTO run VALUES ('a', 'b', 1, 1, '', '')",
        "PRAGMA user_version = 99", "PRAGMA journal_mode = DELETE", "VACUUM", "BEGIN",
        "WITH a AS (SELECT 1) DELETE FROM measurement"}) {
    EXPECT_EQ(Run(sql).code(), absl::StatusCode::kInvalidArgument) << sql;
  }
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM measurement"), "1");
}

TEST_F(Query, MakesNoOtherFile) {
  const std::string other = folder_.File("other.db");
  for (const std::string& sql :
       {absl::StrCat("ATTACH '", other, "' AS other"), absl::StrCat("VACUUM INTO '", other, "'")}) {
    EXPECT_EQ(Run(sql).code(), absl::StatusCode::kInvalidArgument) << sql;
  }
  EXPECT_FALSE(fs::exists(other));
}

TEST_F(Query, SaysWhereSqlIsWrong) {
  const absl::Status status = Run("SELECT model, medianms FROM latency");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(HasSubstr("medianms"), HasSubstr("character 15")));
}

TEST_F(Query, RunsOneStatement) {
  EXPECT_EQ(Run("SELECT 1; SELECT 2").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run("  ").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Run("SELECT 1 ;\n ; ").ok());
}

TEST_F(Query, EndsWhereItsReaderHasEnough) {
  const absl::Status status =
      Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(rows_.lines.size(), Rows::kMost + 1);
}

TEST_F(Query, SaysThatThereIsNoFile) {
  EXPECT_EQ(RunQuery(folder_.File("none.db"), "SELECT 1", rows_).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace edgebench::db
