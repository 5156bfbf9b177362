#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "db/result_store.h"
#include "tests/support/temp_dir.h"

namespace edgebench::db {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// What a person finds who opens the file with SQL.
class ResultsInSql : public ::testing::Test {
 protected:
  ResultsInSql() : store_(*ResultStore::Open(folder_.File("results.db"))) {}

  void Store(const std::string& job_id, const v1::JobResult& like,
             const std::string& run = "run-1") {
    v1::JobResult result = like;
    result.set_job_id(job_id);
    SubmittedJob job;
    job.job_id = job_id;
    job.device = "local";
    job.run_id = run;
    job.submitted_time = kNow;
    ASSERT_TRUE(store_->RecordSubmission(job).ok());
    ASSERT_TRUE(*store_->StoreResult(result, kNow));
  }

  std::string Ask(const std::string& sql) {
    SQLite::Database connection(folder_.File("results.db"), SQLite::OPEN_READONLY);
    const SQLite::Column column = connection.execAndGet(sql);
    return column.isNull() ? "NULL" : column.getString();
  }

  TempDir folder_;
  std::unique_ptr<ResultStore> store_;
};

v1::JobResult Benchmark() {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  result.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
  result.mutable_settings()->mutable_model()->set_zoo_name("resnet18");
  result.mutable_settings()->set_precision(v1::PRECISION_INT8_STATIC);
  result.mutable_settings()->set_target("cpu");
  result.mutable_settings()->set_batch(4);
  result.mutable_environment()->mutable_host()->set_cpu_model("A72");
  result.mutable_environment()->mutable_host()->set_free_disk_bytes(1);
  for (const int64_t nanos : {9'000'000, 8'000'000}) {
    result.mutable_latency()->add_warm_up_ns(nanos);
  }
  for (const int64_t nanos : {3'000'000, 1'000'000, 2'000'000}) {
    result.mutable_latency()->add_measured_ns(nanos);
  }
  return result;
}

TEST_F(ResultsInSql, TheViewJoinsWhatPeopleAskFor) {
  Store("a", Benchmark());
  EXPECT_EQ(Ask("SELECT device || ' ' || model || ' ' || precision || ' ' || target || ' ' ||"
                " batch || ' ' || outcome || ' ' || cpu_model || ' ' || median_ms FROM results"),
            "local resnet18 int8-static cpu 4 ok A72 2.0");
}

TEST_F(ResultsInSql, TelemetryIsOneRowPerValueAndNullWhereItWasNotRead) {
  v1::JobResult result = Benchmark();
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.set_period_ns(100);
  telemetry.set_measure_start_ns(100);
  for (const int64_t offset : {0, 100, 200}) telemetry.add_offset_ns(offset);
  v1::TelemetryChannel& clock = *telemetry.add_channels();
  clock.set_name("clock max");
  clock.set_unit("Hz");
  clock.set_source("cpufreq");
  for (const double value : {1.5e9, std::nan(""), 0.1}) clock.add_values(value);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT group_concat(channel || ' ' || offset_ns || ' ' || measuring || ' ' ||"
                " coalesce(value, 'none'), ', ') FROM telemetry_values"),
            "clock max 0 0 1500000000.0, clock max 100 1 none, clock max 200 1 0.1");
}

TEST_F(ResultsInSql, ConditionsHaveColumns) {
  v1::JobResult result = Benchmark();
  result.mutable_validity()->add_reasons("steal: 5 %");
  result.mutable_validity()->add_reasons("swapped: 1 MB");
  result.add_unknown_conditions("clock");
  result.mutable_cpu_use()->set_others(0.25);
  result.mutable_conditions_after()->set_temperature_celsius(61.5);
  result.mutable_environment()->mutable_host()->add_cpu_flags("avx2");
  result.mutable_environment()->mutable_host()->add_cpu_flags("fma");
  result.mutable_environment()->mutable_host()->set_turbo(false);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT invalid_because || '|' || unknown_conditions || '|' || cpu_others || '|' ||"
                " celsius_after FROM results"),
            "steal: 5 %; swapped: 1 MB|clock|0.25|61.5");
  EXPECT_EQ(Ask("SELECT celsius_before FROM results"), "NULL");
  EXPECT_EQ(Ask("SELECT cpu_flags || '|' || turbo FROM device_environment"), "avx2 fma|0");
}

TEST_F(ResultsInSql, WhatIsUnknownIsNull) {
  v1::JobResult failed;
  failed.set_outcome(v1::OUTCOME_OOM);
  failed.mutable_settings()->mutable_model()->set_zoo_name("resnet18");
  Store("a", failed);
  for (const std::string column :
       {"engine",      "threads",    "batch",          "image_size",       "message",
        "valid",       "median_ms",  "mean_ms",        "min_ms",           "ci95_low_ms",
        "model_bytes", "parameters", "peak_rss_bytes", "sqnr_db",          "int8_ops",
        "covered_ops", "top1_rows",  "frames",         "ctc_weight",       "lm_weight",
        "beam",        "weights",    "weights_sha256", "real_time_factor", "cpu_model",
        "cpu_others",  "cpu_stolen", "celsius_before", "celsius_after",    "invalid_because"}) {
    EXPECT_EQ(Ask("SELECT " + column + " FROM results"), "NULL") << column;
  }
}

TEST_F(ResultsInSql, ARealZeroIsNotNull) {
  v1::JobResult result = Benchmark();
  result.mutable_parity()->set_sqnr_db(0);
  result.mutable_coverage()->set_total_ops(0);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT sqnr_db FROM results"), "0.0");
  EXPECT_EQ(Ask("SELECT total_ops FROM results"), "0");
}

TEST_F(ResultsInSql, TellsWhatRanAsItsPrecisionAsks) {
  v1::JobResult result = Benchmark();
  result.mutable_coverage()->set_covered_ops(3);
  result.mutable_coverage()->set_total_ops(4);
  result.mutable_parity()->set_top1_rows(16);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT int8_ops || ' ' || covered_ops || ' ' || total_ops || ' ' || top1_rows"
                " FROM results"),
            "0 3 4 16");
}

TEST_F(ResultsInSql, TellsHowSpeechWasDecodedAndAgainstRealTime) {
  v1::JobResult result = Benchmark();  // 2 ms
  result.mutable_settings()->set_frames(500);
  result.mutable_settings()->mutable_decoding()->set_ctc_weight(0);
  result.mutable_settings()->mutable_decoding()->set_lm_weight(0.5);
  result.mutable_settings()->mutable_decoding()->set_beam(4);
  result.mutable_model()->set_audio_ns(5'000'000'000);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT frames || ' ' || ctc_weight || ' ' || lm_weight || ' ' || beam || ' ' ||"
                " real_time_factor FROM results"),
            "500 0.0 0.5 4 0.0004");
}

TEST_F(ResultsInSql, CellsOfOtherFramesOrDecodingAreOthers) {
  v1::JobResult result = Benchmark();
  result.mutable_settings()->set_frames(500);
  Store("a", result);
  result.mutable_settings()->set_frames(600);
  Store("b", result);
  result.mutable_settings()->mutable_decoding()->set_ctc_weight(1);
  Store("c", result);
  EXPECT_EQ(Ask("SELECT count(*) FROM latest_results"), "3");
}

TEST_F(ResultsInSql, CountsInt8OperatorsOfAnOlderAgentAsCovered) {
  v1::JobResult result = Benchmark();
  result.mutable_coverage()->set_int8_ops(3);
  result.mutable_coverage()->set_total_ops(4);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT covered_ops FROM results"), "3");
}

TEST_F(ResultsInSql, SamplesAreRowsInTheOrderTheyWereTaken) {
  Store("a", Benchmark());
  EXPECT_EQ(Ask("SELECT group_concat(ns) FROM (SELECT ns FROM samples WHERE kind = 'measured'"
                " ORDER BY position)"),
            "3000000,1000000,2000000");
  EXPECT_EQ(Ask("SELECT group_concat(ns) FROM (SELECT ns FROM samples WHERE kind = 'warm_up'"
                " ORDER BY position)"),
            "9000000,8000000");
}

TEST_F(ResultsInSql, AnEnvironmentIsKeptOnceWhateverIsMomentary) {
  v1::JobResult result = Benchmark();
  Store("a", result);
  result.mutable_environment()->mutable_host()->set_free_disk_bytes(2);
  Store("b", result);
  EXPECT_EQ(Ask("SELECT count(*) FROM device_environment"), "1");
  result.mutable_environment()->mutable_host()->set_governor("powersave");
  Store("c", result);
  EXPECT_EQ(Ask("SELECT count(*) FROM device_environment"), "2");
}

TEST_F(ResultsInSql, TheLatestOfACellIsTheNewestThatAnswersTheSameQuestion) {
  v1::JobResult failed = Benchmark();
  failed.set_outcome(v1::OUTCOME_OOM);
  failed.clear_latency();
  Store("a", failed, "first");
  v1::JobResult succeeded = Benchmark();
  succeeded.set_engine("onednn");
  Store("b", succeeded, "second");
  v1::JobResult larger = Benchmark();
  larger.mutable_settings()->set_batch(8);
  Store("c", larger, "second");
  v1::JobResult cancelled = Benchmark();
  cancelled.set_outcome(v1::OUTCOME_CANCELLED);
  Store("d", cancelled, "third");
  EXPECT_EQ(Ask("SELECT group_concat(job_id) FROM (SELECT job_id FROM latest_results ORDER BY id)"),
            "b,c");
}

TEST_F(ResultsInSql, TheLatestOfACellHasAllProcessesOfItsRun) {
  Store("a", Benchmark(), "first");
  Store("b", Benchmark(), "second");
  Store("c", Benchmark(), "second");
  v1::JobResult interrupted = Benchmark();
  interrupted.set_outcome(v1::OUTCOME_INTERRUPTED);
  Store("d", interrupted, "second");
  EXPECT_EQ(Ask("SELECT group_concat(job_id) FROM (SELECT job_id FROM latest_results ORDER BY id)"),
            "b,c");
}

TEST_F(ResultsInSql, HoldWhatAScenarioMeasured) {
  v1::JobResult cold = Benchmark();
  cold.mutable_settings()->set_scenario(v1::SCENARIO_COLD);
  cold.mutable_cold()->set_start_ns(500'000'000);
  cold.mutable_cold()->set_load_ns(20'000'000);
  cold.mutable_cold()->set_second_ns(3'000'000);
  Store("a", cold);
  v1::JobResult throughput = Benchmark();
  throughput.mutable_settings()->set_scenario(v1::SCENARIO_THROUGHPUT);
  throughput.mutable_settings()->set_streams(2);
  throughput.mutable_throughput()->set_per_second(120);
  throughput.mutable_throughput()->set_per_second_low(110);
  throughput.mutable_throughput()->set_per_second_high(130);
  Store("b", throughput);
  v1::JobResult server = Benchmark();
  server.mutable_settings()->set_scenario(v1::SCENARIO_SERVER);
  server.mutable_settings()->mutable_latency_bound()->set_nanos(50'000'000);
  server.mutable_server()->set_rate_per_second(44);
  Store("c", server);
  EXPECT_EQ(Ask("SELECT scenario || ' ' || start_ms || ' ' || load_ms || ' ' || second_ms"
                " FROM results WHERE job_id = 'a'"),
            "cold 500.0 20.0 3.0");
  EXPECT_EQ(Ask("SELECT scenario || ' ' || streams || ' ' || per_second || ' ' || per_second_low ||"
                " ' ' || per_second_high FROM results WHERE job_id = 'b'"),
            "throughput 2 120.0 110.0 130.0");
  EXPECT_EQ(Ask("SELECT scenario || ' ' || latency_bound_ms || ' ' || per_second || ' ' ||"
                " coalesce(per_second_low, 'unknown') FROM results WHERE job_id = 'c'"),
            "server 50.0 44.0 unknown");
  EXPECT_EQ(Ask("SELECT count(DISTINCT cell_id) FROM measurement"), "3");
}

TEST_F(ResultsInSql, HoldHowAJobWasPlaced) {
  v1::JobResult placed = Benchmark();
  placed.mutable_settings()->set_pin_cpus("0-3");
  placed.mutable_settings()->set_niceness(-5);
  placed.mutable_settings()->set_huge_pages(v1::HUGE_PAGES_ON);
  placed.set_huge_page_bytes(4096);
  placed.mutable_environment()->mutable_host()->set_transparent_huge_pages("madvise");
  Store("a", placed);
  EXPECT_EQ(Ask("SELECT pin_cpus || ' ' || niceness || ' ' || huge_pages || ' ' || huge_page_bytes"
                " FROM results"),
            "0-3 -5 on 4096");
  EXPECT_EQ(Ask("SELECT transparent_huge_pages FROM device_environment"), "madvise");
  Store("b", Benchmark(), "run-2");
  EXPECT_EQ(Ask("SELECT count(*) FROM latest_results WHERE pin_cpus IS NULL"), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM latest_results"), "2") << "another cell";
}

TEST_F(ResultsInSql, HoldTheEnergyOfAnInference) {
  v1::JobResult result = Benchmark();
  result.mutable_energy()->set_source("rapl:package-0");
  result.mutable_energy()->set_joules_per_inference(0.25);
  result.mutable_energy()->set_joules_per_inference_low(0.2);
  result.mutable_energy()->set_joules_per_inference_high(0.3);
  result.mutable_energy()->set_mean_watts(12.5);
  result.mutable_energy()->set_idle_watts(2.5);
  Store("a", result);
  EXPECT_EQ(Ask("SELECT energy_source || ' ' || joules_per_inference || ' ' || "
                "joules_per_inference_low || ' ' || joules_per_inference_high || ' ' || mean_watts "
                "|| ' ' || idle_watts FROM latest_results"),
            "rapl:package-0 0.25 0.2 0.3 12.5 2.5");
  const auto measurements = store_->Measurements({});
  ASSERT_TRUE(measurements.ok()) << measurements.status();
  EXPECT_EQ(measurements->front().result.energy().source(), "rapl:package-0");
}

TEST_F(ResultsInSql, HoldNoEnergyWhereThereIsNone) {
  v1::JobResult result = Benchmark();
  result.mutable_energy()->set_reason("no sensor");
  Store("a", result);
  EXPECT_EQ(Ask("SELECT coalesce(energy_source, joules_per_inference, joules_per_inference_low,"
                " joules_per_inference_high, mean_watts, idle_watts) FROM results"),
            "NULL");
}

}  // namespace
}  // namespace edgebench::db
