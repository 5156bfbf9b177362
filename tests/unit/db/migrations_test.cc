#include "db/migrations.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "db/database.h"
#include "db/result_store.h"
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

TEST(Migrations, GiveRunsFromBeforeNoLabelsAndTheirCellsTheirFigures) {
  TempDir folder;
  const std::vector<Migration> before(ResultsMigrations().begin(), ResultsMigrations().begin() + 8);
  auto old = Database::Open(folder.File("a.db"), kResultsApplicationId, before);
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_TRUE(
      Execute(
          **old,
          "INSERT INTO device (id, name, address, added_at, listed) VALUES (1, 'pi', '', '', 1);"
          "INSERT INTO run (id, started_at) VALUES ('r', '2026-01-01T00:00:00.000000000Z');"
          "INSERT INTO environment (id, fingerprint, agent_version, cpu_model, content)"
          " VALUES (1, 'f', '0', 'A72', x'');")
          .ok());
  v1::JobResult ended_ok;
  ended_ok.set_outcome(v1::OUTCOME_OK);
  const std::string result = "x'" + absl::BytesToHexString(ended_ok.SerializeAsString()) + "'";
  for (const std::string job : {"a", "b"}) {
    ASSERT_TRUE(
        Execute(
            **old,
            "INSERT INTO job (id, run_id, device_id, address, submitted_at, status, output_path,"
            " overwrite, settings) VALUES ('" +
                job +
                "', 'r', 1, '', '', 'ok', '', 0, x'');"
                "INSERT INTO measurement (job_id, environment_id, stored_at, cell, kind, model, "
                "outcome,"
                " samples, result) VALUES ('" +
                job +
                "', 1, '2026-01-01T00:00:00.000000000Z', 'c',"
                " 'benchmark', 'm', 'ok', 2, " +
                result +
                ");"
                "INSERT INTO sample_block SELECT id, 1, 'measured', '[1000000,3000000]'"
                " FROM measurement WHERE job_id = '" +
                job + "'")
            .ok());
  }
  old->reset();
  ASSERT_TRUE(ResultStore::Open(folder.File("a.db")).ok());
  auto migrated = Database::Open(folder.File("a.db"), kResultsApplicationId, ResultsMigrations());
  ASSERT_TRUE(migrated.ok()) << migrated.status();
  EXPECT_EQ(Ask(**migrated,
                "SELECT device || ' ' || processes || ' ' || samples || ' ' || median_ms"
                " FROM latency"),
            "pi 2 4 2.0");
  EXPECT_EQ(Ask(**migrated, "SELECT cpu_model || ' ' || measurements FROM environment"), "A72 2");
  EXPECT_EQ(Ask(**migrated,
                "SELECT count(*) FROM results WHERE tags IS NULL AND note IS NULL AND trial = 0"),
            "2");
}

// Whatever step it is, a file whose migration is cut off there is the old one.
TEST(Migrations, InterruptedAtAnyStepLeaveTheOldFileWhole) {
  for (size_t failing = 1; failing < ResultsMigrations().size(); ++failing) {
    TempDir folder;
    std::vector<Migration> steps(ResultsMigrations().begin(),
                                 ResultsMigrations().begin() + failing);
    {
      auto old = Database::Open(folder.File("a.db"), kResultsApplicationId, steps);
      ASSERT_TRUE(old.ok()) << old.status();
      ASSERT_TRUE(Execute(**old,
                          "INSERT INTO device (name, address, added_at, listed)"
                          " VALUES ('pi', '', '', 1)")
                      .ok());
    }
    const std::string cut_off =
        std::string(ResultsMigrations()[failing].sql) + "; SELECT no_such()";
    steps.push_back({"cut off", cut_off.c_str()});
    EXPECT_FALSE(Database::Open(folder.File("a.db"), kResultsApplicationId, steps).ok()) << failing;
    steps.pop_back();
    auto again = Database::Open(folder.File("a.db"), kResultsApplicationId, steps);
    ASSERT_TRUE(again.ok()) << failing << ": " << again.status();
    EXPECT_EQ(Ask(**again, "PRAGMA user_version"), std::to_string(failing));
    EXPECT_EQ(Ask(**again, "SELECT name FROM device"), "pi");
    EXPECT_EQ(Ask(**again, "PRAGMA integrity_check"), "ok");
    EXPECT_EQ(Ask(**again, "SELECT count(*) FROM results"), "0") << failing;
  }
}

}  // namespace
}  // namespace edgebench::db
