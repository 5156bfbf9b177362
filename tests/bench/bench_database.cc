// How the results store does with ten million samples: 20,000 measurements of 500 samples each,
// of 20 models in 5 precisions on 4 devices with 5 batch sizes, in ten runs.
//
//   bench_database FOLDER BIN    fills FOLDER/results.db, and calls BIN/edgebench on it
//
// The rate of inserting is set beside that of bare sqlite3, which is given the rows that the
// store made, with the same pragmas and in the same transactions: the job, its result, that the
// agent knows.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "db/result_store.h"
#include "tests/bench/row.h"
#include "tests/support/subprocess.h"

namespace edgebench::bench {
namespace {

constexpr int kRuns = 10;
constexpr int kModels = 20;
constexpr int kDevices = 4;
constexpr std::array<v1::Precision, 5> kPrecisions = {
    v1::PRECISION_FP32, v1::PRECISION_BF16, v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_STATIC,
    v1::PRECISION_INT8_WEIGHT_ONLY};
constexpr std::array<int, 5> kBatches = {1, 2, 4, 8, 16};
constexpr int kSamples = 500;
constexpr int kMeasurements =
    kRuns * kModels * kDevices * static_cast<int>(kPrecisions.size() * kBatches.size());

const absl::Time kStart = absl::FromUnixSeconds(1'750'000'000);

std::string DeviceName(int device) { return absl::StrCat("device", device); }

// What a device sends of one benchmark of some seconds.
v1::JobResult ResultOf(int model, v1::Precision precision, int device, int batch,
                       std::mt19937_64& random) {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  result.set_stage(v1::STAGE_MEASURE);
  v1::JobSettings& settings = *result.mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name(absl::StrCat("model_", model));
  settings.mutable_model()->set_display_name(absl::StrCat("model_", model));
  settings.set_precision(precision);
  settings.set_target("cpu");
  settings.set_batch(batch);
  settings.set_image_size(224);
  settings.set_threads(4);
  settings.set_optimize(v1::OPTIMIZE_FULL);
  settings.set_target_ci(0.03);
  result.set_threads(4);
  v1::HostInfo& host = *result.mutable_environment()->mutable_host();
  host.set_hostname(DeviceName(device));
  host.set_cpu_model("Cortex-A72");
  host.set_kernel("6.1.0-rpi7");
  host.set_memory_available_bytes(3'000'000'000 + static_cast<int64_t>(random() % 1'000'000));
  result.mutable_environment()->mutable_torch()->set_version("1.13.1");
  result.mutable_model()->set_parameters(3'504'872);
  result.mutable_model()->set_model_bytes(14'370'000);
  result.mutable_model()->set_flops(300'774'272);
  result.set_peak_rss_bytes(240'000'000);
  result.mutable_validity()->set_valid(true);
  // From 1 to 70 ms with a batch of 1 in fp32.
  const double median =
      1e6 * std::pow(1.25, model) * batch / (precision == v1::PRECISION_FP32 ? 1.0 : 2.0);
  std::lognormal_distribution<double> noise(0, 0.03);
  for (int i = 0; i < 10; ++i)
    result.mutable_latency()->add_warm_up_ns(static_cast<int64_t>(median * noise(random)));
  for (int i = 0; i < kSamples; ++i)
    result.mutable_latency()->add_measured_ns(static_cast<int64_t>(median * noise(random)));
  result.mutable_latency()->set_converged(true);
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.set_period_ns(500'000'000);
  for (int i = 0; i < 8; ++i) telemetry.add_offset_ns(i * 500'000'000LL);
  for (const char* name : {"clock max", "temperature"}) {
    v1::TelemetryChannel& channel = *telemetry.add_channels();
    channel.set_name(name);
    channel.set_unit("1");
    for (int i = 0; i < 8; ++i) channel.add_values(1500 + static_cast<double>(random() % 100));
  }
  return result;
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  absl::FPrintF(stderr, "bench_database: %s\n", std::string(status.message()));
  std::exit(1);
}

// Calls `store` for each measurement, oldest first.
void ForEach(const std::function<void(int index, int run, int device, v1::JobResult&)>& store) {
  std::mt19937_64 random(1);
  int index = 0;
  for (int run = 0; run < kRuns; ++run) {
    for (int device = 0; device < kDevices; ++device) {
      for (int model = 0; model < kModels; ++model) {
        for (const v1::Precision precision : kPrecisions) {
          for (const int batch : kBatches) {
            v1::JobResult result = ResultOf(model, precision, device, batch, random);
            store(index++, run, device, result);
          }
        }
      }
    }
  }
}

using BareStatement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

BareStatement Prepare(SQLite::Database& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database.getHandle(), sql.c_str(), -1, &statement, nullptr);
  return {statement, sqlite3_finalize};
}

// A table whose rows of one measurement are copied.
struct TableCopy {
  BareStatement select, insert;
};

// A job as it was when it was submitted.
std::string ColumnsOf(SQLite::Database& source, const std::string& table) {
  SQLite::Statement select(source,
                           absl::StrCat("SELECT name FROM pragma_table_info('", table, "')"));
  std::vector<std::string> columns;
  while (select.executeStep()) {
    const std::string name = select.getColumn(0).getString();
    const bool later = table == "job" && (name == "status" || name == "acknowledged");
    columns.push_back(!later ? name : name == "status" ? "'pending'" : "0");
  }
  return absl::StrJoin(columns, ", ");
}

TableCopy CopyOf(SQLite::Database& source, SQLite::Database& target, const std::string& table,
                 const std::string& key) {
  BareStatement select = Prepare(source, absl::StrCat("SELECT ", ColumnsOf(source, table), " FROM ",
                                                      table, " WHERE ", key, " = ?"));
  std::string marks = "?";
  for (int i = 1; i < sqlite3_column_count(select.get()); ++i) marks += ", ?";
  return {std::move(select),
          Prepare(target, absl::StrCat("INSERT INTO ", table, " VALUES (", marks, ")"))};
}

struct Row {
  sqlite3_stmt* insert = nullptr;
  std::vector<sqlite3_value*> values;
};

std::vector<Row> ReadRows(const std::vector<TableCopy>& copies, int id) {
  std::vector<Row> rows;
  for (const TableCopy& copy : copies) {
    sqlite3_reset(copy.select.get());
    sqlite3_bind_int(copy.select.get(), 1, id);
    while (sqlite3_step(copy.select.get()) == SQLITE_ROW) {
      Row& row = rows.emplace_back();
      row.insert = copy.insert.get();
      for (int i = 0; i < sqlite3_column_count(copy.select.get()); ++i)
        row.values.push_back(sqlite3_value_dup(sqlite3_column_value(copy.select.get(), i)));
    }
  }
  return rows;
}

void Execute(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE)
    Check(absl::InternalError(sqlite3_errmsg(sqlite3_db_handle(statement))));
  sqlite3_reset(statement);
}

// Writes the rows of another file by sqlite3 alone.
class BareWriter {
 public:
  BareWriter(const std::string& from, const std::string& path)
      : source_(from, SQLite::OPEN_READONLY), target_(NewFile(from, path)) {
    copies_.push_back(CopyOf(source_, target_, "job", "sequence"));
    copies_.push_back(CopyOf(source_, target_, "measurement", "id"));
    for (const char* table : {"sample_list", "telemetry", "cell_result"})
      copies_.push_back(CopyOf(source_, target_, table, "measurement_id"));
    begin_ = Prepare(target_, "BEGIN IMMEDIATE");
    commit_ = Prepare(target_, "COMMIT");
    stored_ = Prepare(target_, "UPDATE job SET status = 'ok' WHERE sequence = ?");
    known_ = Prepare(target_, "UPDATE job SET acknowledged = 1 WHERE sequence = ?");
  }

  // What measurements refer to, which is not timed.
  void CopyReferred() {
    for (const char* table : {"device", "run", "device_environment", "cell"})
      target_.exec(absl::StrCat("INSERT OR IGNORE INTO ", table, " SELECT * FROM source.", table));
  }

  // In the transactions that a result passes through.
  absl::Duration Copy(int id) {
    const std::vector<Row> rows = ReadRows(copies_, id);
    const absl::Time began = absl::Now();
    Execute(begin_.get());
    Insert(rows.front());
    Execute(commit_.get());
    Execute(begin_.get());
    for (size_t i = 1; i < rows.size(); ++i) Insert(rows[i]);
    Update(stored_.get(), id);
    Execute(commit_.get());
    Execute(begin_.get());
    Update(known_.get(), id);
    Execute(commit_.get());
    const absl::Duration taken = absl::Now() - began;
    for (const Row& row : rows)
      for (sqlite3_value* value : row.values) sqlite3_value_free(value);
    return taken;
  }

 private:
  static SQLite::Database NewFile(const std::string& from, const std::string& path) {
    Check(db::ResultStore::Open(path).status());  // tables and indices
    SQLite::Database target(path, SQLite::OPEN_READWRITE);
    target.exec("PRAGMA journal_mode = WAL");
    target.exec("PRAGMA synchronous = FULL");
    target.exec("PRAGMA foreign_keys = ON");
    target.exec(absl::StrCat("ATTACH '", from, "' AS source"));
    return target;
  }

  static void Insert(const Row& row) {
    for (size_t i = 0; i < row.values.size(); ++i)
      sqlite3_bind_value(row.insert, static_cast<int>(i + 1), row.values[i]);
    Execute(row.insert);
  }

  static void Update(sqlite3_stmt* statement, int id) {
    sqlite3_bind_int(statement, 1, id);
    Execute(statement);
  }

  SQLite::Database source_, target_;
  std::vector<TableCopy> copies_;
  BareStatement begin_{nullptr, sqlite3_finalize}, commit_{nullptr, sqlite3_finalize};
  BareStatement stored_{nullptr, sqlite3_finalize}, known_{nullptr, sqlite3_finalize};
};

struct Times {
  absl::Duration store, bare;
};

// In turns of a hundred, so that both meet the same disk.
Times Fill(const std::string& path, const std::string& bare_path) {
  constexpr int kTurn = 100;
  auto store = db::ResultStore::Open(path);
  Check(store.status());
  BareWriter bare(path, bare_path);
  Times times;
  ForEach([&](int index, int run, int device, v1::JobResult& result) {
    db::SubmittedJob job;
    job.job_id = absl::StrFormat("00000000-0000-4000-8000-%012d", index);
    job.run_id = absl::StrCat("run-", run);
    job.device = DeviceName(device);
    job.address = "10.0.0.2:7700";
    job.settings = result.settings();
    job.submitted_time = kStart + run * absl::Hours(24) + index * absl::Seconds(1);
    result.set_job_id(job.job_id);
    const absl::Time began = absl::Now();
    Check((*store)->RecordSubmission(job));
    Check((*store)->StoreResult(result, job.submitted_time).status());
    Check((*store)->MarkAcknowledged(job.job_id));
    times.store += absl::Now() - began;
    if ((index + 1) % kTurn != 0) return;
    bare.CopyReferred();
    for (int id = index + 2 - kTurn; id <= index + 1; ++id) times.bare += bare.Copy(id);
  });
  return times;
}

int64_t FileBytes(const std::string& path) {
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return static_cast<int64_t>(std::filesystem::file_size(path));
}

// The shortest of three calls of the program: the others were disturbed.
void TimeCommand(const std::string& bin, const std::string& folder,
                 std::vector<std::string> arguments, absl::Duration goal) {
  const std::string what = absl::StrJoin(arguments, " ");
  arguments.insert(arguments.begin(), {bin + "/edgebench", "--db", folder + "/results.db"});
  absl::Duration best = absl::InfiniteDuration();
  for (int i = 0; i < 3; ++i) {
    const absl::Time began = absl::Now();
    Subprocess program({arguments,
                        {"XDG_DATA_HOME=" + folder, "XDG_RUNTIME_DIR=" + folder, "HOME=" + folder},
                        folder + "/out"});
    const auto end = program.Wait(absl::Minutes(2));
    if (!end || (end->code != 0 && end->code != 1)) {
      absl::FPrintF(stderr, "bench_database: %s failed: %s\n", what, program.errors());
      std::exit(1);
    }
    best = std::min(best, absl::Now() - began);
  }
  PrintRow(absl::StrCat("10 M samples: ", what),
           absl::StrFormat("%.2f s", absl::ToDoubleSeconds(best)),
           absl::StrFormat("at most %.0f s", absl::ToDoubleSeconds(goal)), best <= goal);
}

void Main(const std::string& folder, const std::string& bin) {
  const std::string path = folder + "/results.db";
  const Times times = Fill(path, folder + "/bare.db");
  const double bytes = static_cast<double>(FileBytes(path)) / (1.0 * kMeasurements * kSamples);
  const double ratio = absl::FDivDuration(times.bare, times.store);
  PrintFigure("10 M samples: storing one measurement",
              absl::StrFormat("%.2f ms, bare sqlite3 %.2f ms",
                              absl::ToDoubleMilliseconds(times.store) / kMeasurements,
                              absl::ToDoubleMilliseconds(times.bare) / kMeasurements));
  PrintRow("10 M samples: rate of inserting to that of bare sqlite3",
           absl::StrFormat("%.2f", ratio), "at least 0.7", ratio >= 0.7);
  PrintRow("10 M samples: size of the file", absl::StrFormat("%.1f bytes a sample", bytes),
           "at most 12", bytes <= 12);
  const absl::Duration second = absl::Seconds(1);
  TimeCommand(bin, folder, {"results", "model_3", "--device", "device1", "--latest"}, second);
  TimeCommand(bin, folder, {"results", "--precision", "fp32", "--since", "2025-06-24"}, second);
  TimeCommand(bin, folder, {"compare", "model_3"}, second);
  TimeCommand(bin, folder, {"compare", "--device", "device1"}, second);
  TimeCommand(bin, folder, {"query", "SELECT * FROM comparison WHERE device = 'device1'"}, second);
  TimeCommand(bin, folder, {"report", "--run", "latest", "-o", folder + "/report.html", "--force"},
              absl::Seconds(2));
}

}  // namespace
}  // namespace edgebench::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    absl::FPrintF(stderr, "usage: bench_database FOLDER BIN\n");
    return 2;
  }
  edgebench::bench::Main(argv[1], argv[2]);
  return 0;
}
