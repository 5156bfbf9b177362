#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "db/result_store.h"
#include "tests/support/temp_dir.h"

namespace edgebench::db {

// What the tests of ResultStore share; the suite runs on a file and in memory.

inline const absl::Time kNow =
    absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);

inline SubmittedJob Submission(const std::string& id, const std::string& device = "local",
                               const std::string& run = "run-1") {
  SubmittedJob job;
  job.job_id = id;
  job.device = device;
  job.address = "unix:/tmp/a";
  job.run_id = run;
  job.settings.mutable_model()->set_zoo_name("resnet18");
  job.submitted_time = kNow;
  job.output_path = "/tmp/out.pt";
  job.overwrite = true;
  return job;
}

// A result with something in every part.
inline v1::JobResult FullResult(const std::string& id) {
  v1::JobResult result;
  result.set_job_id(id);
  result.set_outcome(v1::OUTCOME_OK);
  result.set_stage(v1::STAGE_MEASURE);
  result.set_log_tail("line\n");
  v1::JobSettings& settings = *result.mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name("resnet18");
  settings.set_precision(v1::PRECISION_INT8_STATIC);
  settings.set_batch(2);
  settings.set_target("cpu");
  v1::Environment& environment = *result.mutable_environment();
  environment.set_agent_version("0.1.0");
  environment.mutable_host()->set_hostname("pi");
  environment.mutable_host()->set_memory_bytes(4'000'000'000);
  environment.mutable_host()->set_memory_available_bytes(3'000'000'000);
  environment.mutable_host()->set_free_disk_bytes(1);
  environment.mutable_torch()->add_quantized_engines("onednn");
  environment.mutable_torch()->add_quantized_engines("qnnpack");
  result.set_engine("onednn");
  result.add_notes("no calibration data");
  result.mutable_model()->set_parameters(11'689'512);
  for (int i = 1; i <= 20; ++i)  // without a trend
    result.mutable_latency()->add_measured_ns((i % 2 == 0 ? i : 20 - i) * 1'000'000);
  result.mutable_latency()->add_warm_up_ns(99'000'000);
  result.mutable_latency()->set_converged(true);
  result.mutable_parity()->set_sqnr_db(30.5);
  result.mutable_coverage()->set_int8_ops(20);
  result.mutable_validity()->set_valid(true);
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.set_period_ns(100'000'000);
  telemetry.set_measure_start_ns(200'000'000);
  for (const char* name : {"clock max", "temperature"}) {
    v1::TelemetryChannel& channel = *telemetry.add_channels();
    channel.set_name(name);
    channel.set_unit("1");
    channel.set_source("test");
    for (const double value : {0.1, 1.0 / 3, 1.5e9}) channel.add_values(value);
  }
  for (const int64_t offset : {0, 100'000'000, 200'000'001}) telemetry.add_offset_ns(offset);
  result.mutable_conditions_before()->set_load_1(0.5);
  result.mutable_conditions_after()->set_temperature_celsius(61.25);
  result.mutable_cpu_use()->set_others(0.125);
  result.add_unknown_conditions("steal");
  return result;
}

inline v1::JobResult Cell(const std::string& id, const std::string& model,
                          v1::Precision precision) {
  v1::JobResult result = FullResult(id);
  result.mutable_settings()->mutable_model()->set_zoo_name(model);
  result.mutable_settings()->set_precision(precision);
  return result;
}

inline std::vector<std::string> JobsOf(
    const absl::StatusOr<std::vector<Measurement>>& measurements) {
  std::vector<std::string> ids;
  for (const Measurement& measurement : measurements.value()) ids.push_back(measurement.job_id);
  return ids;
}

inline std::vector<std::string> NamesOf(const absl::StatusOr<std::vector<Device>>& devices) {
  std::vector<std::string> names;
  for (const Device& device : devices.value()) names.push_back(device.name);
  return names;
}

inline std::vector<std::string> JobsOf(const absl::StatusOr<std::vector<SubmittedJob>>& jobs) {
  std::vector<std::string> ids;
  for (const SubmittedJob& job : jobs.value()) ids.push_back(job.job_id);
  return ids;
}

class ResultStoreContract : public ::testing::TestWithParam<bool> {
 protected:
  ResultStoreContract() { Open(); }

  std::unique_ptr<ResultStore> Another() {
    auto store = ResultStore::Open(GetParam() ? folder_.File("results.db") : ":memory:");
    if (!store.ok()) ADD_FAILURE() << store.status();
    return *std::move(store);
  }
  void Open() { store_ = Another(); }
  void OpenAgainIfItIsAFile() {
    if (!GetParam()) return;
    store_.reset();
    Open();
  }
  // Each in a run of its own, unless one is named.
  void Store(const v1::JobResult& result, const std::string& device = "local",
             const std::string& named_run = "") {
    const std::string run = named_run.empty() ? "run-of-" + result.job_id() : named_run;
    ASSERT_TRUE(store_->RecordSubmission(Submission(result.job_id(), device, run)).ok());
    const auto is_new = store_->StoreResult(result, kNow);
    ASSERT_TRUE(is_new.ok()) << is_new.status();
    ASSERT_TRUE(*is_new);
  }

  TempDir folder_;
  std::unique_ptr<ResultStore> store_;
};

}  // namespace edgebench::db
