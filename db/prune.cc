#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/maintenance.h"
#include "db/maintenance_files.h"
#include "db/scratch_folder.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

// What a filter says, with the values that are bound to its question marks.
struct PruneTerms {
  std::vector<std::string> terms, values;

  void AnyOf(const std::string& before, const std::vector<std::string>& allowed,
             const std::string& after = "") {
    if (allowed.empty()) return;
    const std::vector<std::string> marks(allowed.size(), "?");
    terms.push_back(absl::StrCat(before, " IN (", absl::StrJoin(marks, ", "), ")", after));
    values.insert(values.end(), allowed.begin(), allowed.end());
  }
};

// Of what one run measured of one cell: all of its processes go, or none.
PruneTerms TermsOf(const PruneFilter& filter) {
  PruneTerms terms;
  if (filter.before) {
    terms.terms.push_back("grouped.newest < ?");
    terms.values.push_back(TextOfTime(*filter.before));
  }
  terms.AnyOf("measurement.model", filter.models);
  terms.AnyOf("device.name", filter.devices);
  terms.AnyOf("job.run_id", filter.runs);
  terms.AnyOf("job.run_id IN (SELECT run_id FROM run_tag WHERE tag", filter.tags, ")");
  if (filter.failed_only) terms.terms.push_back("NOT grouped.any_ok");
  if (filter.superseded_only) terms.terms.push_back("grouped.newest < latest.newest");
  return terms;
}

void SelectPruned(Connection& connection, const PruneTerms& terms) {
  SQLite::Statement select(
      connection,
      absl::StrCat(
          "CREATE TEMP TABLE pruned AS"
          " WITH grouped AS (SELECT job.run_id, cell_id, max(stored_at) AS newest,"
          "   max(outcome = 'ok') AS any_ok FROM measurement JOIN job ON job.id = job_id"
          "   GROUP BY job.run_id, cell_id),"
          " latest AS (SELECT cell_id, max(stored_at) AS newest FROM measurement"
          "   WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell_id)"
          " SELECT measurement.id AS id, measurement.job_id, job.run_id, measurement.samples,"
          "   job.acknowledged, measurement.cell_id, measurement.kind FROM measurement JOIN job ON "
          "job.id = measurement.job_id"
          " JOIN device ON device.id = job.device_id"
          " JOIN grouped ON grouped.run_id = job.run_id"
          "   AND grouped.cell_id = measurement.cell_id"
          " LEFT JOIN latest ON latest.cell_id = measurement.cell_id WHERE ",
          absl::StrJoin(terms.terms, " AND ")));
  for (size_t i = 0; i < terms.values.size(); ++i)
    select.bind(static_cast<int>(i + 1), terms.values[i]);
  select.exec();
}

// Of the rows of `pruned`, in batches.
void DeleteRows(Connection& connection, const std::string& table, const std::string& key,
                const std::string& pruned, const std::function<void(double)>& progress) {
  constexpr int64_t kBatch = 200;
  const int64_t last = CountOf(connection, "SELECT coalesce(max(rowid), 0) FROM pruned");
  SQLite::Statement remove(
      connection, absl::StrCat("DELETE FROM ", table, " WHERE ", key, " IN (SELECT ", pruned,
                               " FROM pruned WHERE rowid BETWEEN ? AND ?)"));
  for (int64_t done = 0; done < last; done += kBatch) {
    progress(ShareOf(done, last));
    remove.bind(1, done + 1);
    remove.bind(2, done + kBatch);
    remove.exec();
    remove.reset();
  }
}

PruneReport RemovePruned(Connection& connection, const std::string& step,
                         const StepProgress& progress) {
  PruneReport report;
  report.unacknowledged = CountOf(connection, "SELECT count(*) FROM pruned WHERE acknowledged = 0");
  connection.exec("DELETE FROM pruned WHERE acknowledged = 0");
  report.measurements = CountMeasurements(connection, "FROM pruned AS process");
  report.processes = CountOf(connection, "SELECT count(*) FROM pruned");
  report.samples = CountOf(connection, "SELECT coalesce(sum(samples), 0) FROM pruned");
  DeleteRows(connection, "measurement", "id", "id", [&](double done) { progress(step, done / 2); });
  DeleteRows(connection, "job", "id", "job_id",
             [&](double done) { progress(step, 0.5 + done / 2); });
  progress("looking for what is then without use", std::nullopt);
  report.runs = connection.exec(
      "DELETE FROM run WHERE id IN (SELECT run_id FROM pruned)"
      " AND (finished_at IS NOT NULL OR processes IS NULL)"
      " AND NOT EXISTS (SELECT 1 FROM job WHERE job.run_id = run.id)");
  connection.exec(
      "DELETE FROM cell WHERE id NOT IN"
      " (SELECT cell_id FROM measurement WHERE cell_id IS NOT NULL)");
  connection.exec(
      "DELETE FROM device_environment WHERE id NOT IN"
      " (SELECT environment_id FROM measurement WHERE environment_id IS NOT NULL)");
  connection.exec(
      "DELETE FROM device WHERE listed = 0 AND id NOT IN (SELECT device_id FROM job)"
      " AND id NOT IN (SELECT device_id FROM run_cell)");
  return report;
}

// Gives what is free back to the file system. Where another process uses the file, the room
// stays in it and is used again.
void Shrink(Database& database) {
  database
      .Run([](Connection& connection) {
        connection.exec("VACUUM");
        connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        return absl::OkStatus();
      })
      .IgnoreError();
}

}  // namespace

absl::StatusOr<PruneReport> PruneDatabase(const std::string& path, const PruneFilter& filter,
                                          bool dry_run, const StepProgress& progress) {
  const PruneTerms terms = TermsOf(filter);
  if (terms.terms.empty()) {
    return absl::InvalidArgumentError(
        "say which measurements are to go; all of them: remove the file");
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenForWriting(path));
  if (!dry_run) ScratchFolder::RemoveAbandoned(path);
  PruneReport report;
  EDGEBENCH_RETURN_IF_ERROR(database->Run([&](Connection& connection) {
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    progress("looking for what is to go", std::nullopt);
    SelectPruned(connection, terms);
    report = RemovePruned(connection, dry_run ? "counting" : "removing", progress);
    if (!dry_run) transaction.commit();
    return absl::OkStatus();
  }));
  if (!dry_run && report.measurements > 0) {
    progress(absl::StrCat("shrinking the file, ", FormatBytes(FileBytes(path))), std::nullopt);
    Shrink(*database);
  }
  return report;
}

}  // namespace edgebench::db
