#include "db/migrations.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "db/database.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/db/ask.h"

namespace edgebench::db {
namespace {

constexpr int kId = 4711;

// Every step of the real schemas works on its own predecessors, and twice is once.
TEST(Migrations, MakeTheSchemasOfThisVersion) {
  for (const auto* migrations : {&JournalMigrations(), &ResultsMigrations()}) {
    TempDir folder;
    ASSERT_TRUE(Database::Open(folder.File("a.db"), kId, *migrations).ok());
    auto again = Database::Open(folder.File("a.db"), kId, *migrations);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(Ask(**again, "PRAGMA user_version"), std::to_string(migrations->size()));
    EXPECT_EQ(Ask(**again,
                  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main'"
                  " AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"),
              "0");
  }
}

TEST(Migrations, KeepJobsOfAJournalOfTheFirstSchema) {
  TempDir folder;
  const std::vector<Migration> first = {JournalMigrations().front()};
  auto old = Database::Open(folder.File("a.db"), kId, first);
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_TRUE(Execute(**old,
                      "INSERT INTO job (job_id, submitter, state, requested, settings, "
                      "submitted_ns, model_sha256) VALUES ('a', 'me', 'QUEUED', x'', x'', 1, 'm')")
                  .ok());
  old->reset();
  auto migrated = Database::Open(folder.File("a.db"), kId, JournalMigrations());
  ASSERT_TRUE(migrated.ok()) << migrated.status();
  EXPECT_EQ(Ask(**migrated, "SELECT model_sha256 FROM job WHERE weights_sha256 IS NULL"), "m");
}

TEST(Migrations, KeepResultsOfTheFirstSchema) {
  TempDir folder;
  const std::vector<Migration> first = {ResultsMigrations().front()};
  auto old = Database::Open(folder.File("a.db"), kId, first);
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_TRUE(
      Execute(
          **old,
          "INSERT INTO device (id, name, address, added_at, listed) VALUES (1, 'pi', '', '', 1);"
          "INSERT INTO run (id, started_at) VALUES ('r', '');"
          "INSERT INTO job (id, run_id, device_id, address, submitted_at, status, output_path,"
          " overwrite, settings) VALUES ('j', 'r', 1, '', '', 'ok', '', 0, x'');"
          "INSERT INTO measurement (job_id, stored_at, cell, kind, model, outcome, samples,"
          " int8_ops, result) VALUES ('j', '', 'c', 'quantize', 'm', 'ok', 0, 7, x'');")
          .ok());
  old->reset();
  auto migrated = Database::Open(folder.File("a.db"), kId, ResultsMigrations());
  ASSERT_TRUE(migrated.ok()) << migrated.status();
  EXPECT_EQ(Ask(**migrated, "SELECT device || ' ' || int8_ops FROM latest_results"), "pi 7");
  EXPECT_EQ(Ask(**migrated, "SELECT covered_ops IS NULL FROM results"), "1");
  EXPECT_EQ(Ask(**migrated, "SELECT joules_per_inference IS NULL FROM results"), "1");
}

TEST(Migrations, GiveResultsFromBeforeNoConditions) {
  TempDir folder;
  const std::vector<Migration> before(ResultsMigrations().begin(), ResultsMigrations().begin() + 3);
  auto old = Database::Open(folder.File("a.db"), kId, before);
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_TRUE(
      Execute(
          **old,
          "INSERT INTO device (id, name, address, added_at, listed) VALUES (1, 'pi', '', '', 1);"
          "INSERT INTO run (id, started_at) VALUES ('r', '');"
          "INSERT INTO job (id, run_id, device_id, address, submitted_at, status, output_path,"
          " overwrite, settings) VALUES ('j', 'r', 1, '', '', 'ok', '', 0, x'');"
          "INSERT INTO environment (id, fingerprint, agent_version, cpu_model, content)"
          " VALUES (1, 'f', '0', 'A72', x'');"
          "INSERT INTO measurement (job_id, environment_id, stored_at, cell, kind, model, outcome,"
          " samples, valid, result) VALUES ('j', 1, '', 'c', 'benchmark', 'm', 'ok', 9, 1, x'');")
          .ok());
  old->reset();
  auto migrated = Database::Open(folder.File("a.db"), kId, ResultsMigrations());
  ASSERT_TRUE(migrated.ok()) << migrated.status();
  EXPECT_EQ(Ask(**migrated, "SELECT cpu_model || ' ' || samples FROM latest_results"), "A72 9");
  for (const std::string column : {"invalid_because", "unknown_conditions", "cpu_others",
                                   "cpu_stolen", "celsius_before", "celsius_after"}) {
    EXPECT_EQ(Ask(**migrated, "SELECT " + column + " IS NULL FROM results"), "1") << column;
  }
  EXPECT_EQ(Ask(**migrated, "SELECT turbo IS NULL AND cpu_flags IS NULL FROM environment"), "1");
  EXPECT_EQ(Ask(**migrated, "SELECT count(*) FROM telemetry_values"), "0");
}

TEST(Migrations, GiveRunsFromBeforeNothingToGoOnWith) {
  TempDir folder;
  const std::vector<Migration> before(ResultsMigrations().begin(), ResultsMigrations().begin() + 7);
  auto old = Database::Open(folder.File("a.db"), kId, before);
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_TRUE(
      Execute(
          **old,
          "INSERT INTO device (id, name, address, added_at, listed) VALUES (1, 'pi', '', '', 1);"
          "INSERT INTO run (id, started_at) VALUES ('r', '');"
          "INSERT INTO job (id, run_id, device_id, address, submitted_at, status, output_path,"
          " overwrite, settings) VALUES ('j', 'r', 1, '', '', 'ok', '', 0, x'');"
          "INSERT INTO measurement (job_id, stored_at, cell, kind, model, outcome, samples,"
          " scenario, streams, result) VALUES ('j', '', 'c', 'benchmark', 'm', 'ok', 9,"
          " 'throughput', 2, x'');")
          .ok());
  old->reset();
  auto migrated = Database::Open(folder.File("a.db"), kId, ResultsMigrations());
  ASSERT_TRUE(migrated.ok()) << migrated.status();
  EXPECT_EQ(Ask(**migrated, "SELECT scenario || ' ' || streams FROM latest_results"),
            "throughput 2");
  for (const std::string column : {"pin_cpus", "niceness", "huge_pages", "huge_page_bytes"})
    EXPECT_EQ(Ask(**migrated, "SELECT " + column + " IS NULL FROM results"), "1") << column;
  EXPECT_EQ(Ask(**migrated, "SELECT count(*) FROM run WHERE processes IS NOT NULL"), "0");
  EXPECT_EQ(Ask(**migrated, "SELECT cell_position IS NULL AND process IS NULL FROM job"), "1");
  EXPECT_EQ(Ask(**migrated, "SELECT count(*) FROM run_cell"), "0");
}

}  // namespace
}  // namespace edgebench::db
