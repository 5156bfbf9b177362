#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "db/result_store.h"
#include "tests/support/temp_dir.h"

namespace edgebench::db {

inline const absl::Time kStored = absl::FromUnixSeconds(1'700'000'000);

// A benchmark that ended ok, with samples around a latency.
inline v1::JobResult BenchmarkOf(const std::string& model, v1::Precision precision,
                                 int64_t median_ns, const std::string& host = "laptop") {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  v1::JobSettings& settings = *result.mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name(model);
  settings.mutable_model()->set_display_name(model);
  settings.set_precision(precision);
  settings.set_target("cpu");
  settings.set_batch(1);
  settings.set_threads(2);
  result.set_threads(2);
  result.mutable_environment()->mutable_host()->set_hostname(host);
  result.mutable_validity()->set_valid(true);
  for (int i = -10; i <= 10; ++i)
    result.mutable_latency()->add_measured_ns(median_ns + i * median_ns / 1000);
  result.mutable_latency()->add_warm_up_ns(2 * median_ns);
  return result;
}

// A file of results that a test fills.
class ResultsFile {
 public:
  explicit ResultsFile(const std::string& path) : path_(path), store_(*ResultStore::Open(path)) {}

  void Store(const std::string& job_id, v1::JobResult result, const std::string& run = "run-1",
             const std::string& device = "local", absl::Time when = kStored) {
    Submit(job_id, run, device, when);
    result.set_job_id(job_id);
    const auto stored = store_->StoreResult(result, when);
    ASSERT_TRUE(stored.ok()) << stored.status();
    ASSERT_TRUE(*stored);
    ASSERT_TRUE(store_->MarkAcknowledged(job_id).ok());
  }

  void Submit(const std::string& job_id, const std::string& run = "run-1",
              const std::string& device = "local", absl::Time when = kStored) {
    SubmittedJob job;
    job.job_id = job_id;
    job.device = device;
    job.address = "unix:/a";
    job.run_id = run;
    job.submitted_time = when;
    const absl::Status recorded = store_->RecordSubmission(job);
    ASSERT_TRUE(recorded.ok()) << recorded;
  }

  // One value; "NULL", or what went wrong.
  std::string Ask(const std::string& sql) const {
    try {
      SQLite::Database connection(path_, SQLite::OPEN_READONLY);
      SQLite::Statement select(connection, sql);
      if (!select.executeStep()) return "no row";
      const SQLite::Column column = select.getColumn(0);
      return column.isNull() ? "NULL" : column.getString();
    } catch (const SQLite::Exception& error) {
      return error.what();
    }
  }

  void Execute(const std::string& sql) {
    SQLite::Database connection(path_, SQLite::OPEN_READWRITE);
    connection.exec(sql);
  }

  const std::string& path() const { return path_; }
  ResultStore& store() { return *store_; }

 private:
  const std::string path_;
  std::unique_ptr<ResultStore> store_;
};

}  // namespace edgebench::db
