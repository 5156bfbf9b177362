#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "db/result_store.h"
#include "tests/support/protos.h"
#include "tests/support/temp_dir.h"

namespace edgebench::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);

SubmittedJob Submission(const std::string& id, const std::string& device = "local",
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
v1::JobResult FullResult(const std::string& id) {
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

v1::JobResult Cell(const std::string& id, const std::string& model, v1::Precision precision) {
  v1::JobResult result = FullResult(id);
  result.mutable_settings()->mutable_model()->set_zoo_name(model);
  result.mutable_settings()->set_precision(precision);
  return result;
}

std::vector<std::string> JobsOf(const absl::StatusOr<std::vector<Measurement>>& measurements) {
  std::vector<std::string> ids;
  for (const Measurement& measurement : measurements.value()) ids.push_back(measurement.job_id);
  return ids;
}

std::vector<std::string> NamesOf(const absl::StatusOr<std::vector<Device>>& devices) {
  std::vector<std::string> names;
  for (const Device& device : devices.value()) names.push_back(device.name);
  return names;
}

std::vector<std::string> JobsOf(const absl::StatusOr<std::vector<SubmittedJob>>& jobs) {
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

TEST_P(ResultStoreContract, KeepsDevices) {
  ASSERT_TRUE(store_->AddDevice({"pi", "pi.local:9000", kNow}).ok());
  ASSERT_TRUE(store_->AddDevice({"jetson", "unix:/run/a", kNow}).ok());
  OpenAgainIfItIsAFile();
  EXPECT_THAT(NamesOf(store_->ListDevices()), ElementsAre("jetson", "pi"));
  const auto device = store_->GetDevice("pi");
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ(device->address, "pi.local:9000");
  EXPECT_EQ(device->added_time, kNow);
}

TEST_P(ResultStoreContract, ADeviceIsAddedOnce) {
  ASSERT_TRUE(store_->AddDevice({"pi", "a:1", kNow}).ok());
  const absl::Status again = store_->AddDevice({"pi", "b:1", kNow});
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(again.message()), HasSubstr("a:1"));
  EXPECT_EQ(store_->GetDevice("pi")->address, "a:1");
}

TEST_P(ResultStoreContract, WhetherADeviceCanBeAddedIsToldWithoutAddingIt) {
  EXPECT_TRUE(store_->CheckNewDevice("pi").ok());
  EXPECT_THAT(NamesOf(store_->ListDevices()), IsEmpty());
  ASSERT_TRUE(store_->AddDevice({"pi", "a:1", kNow}).ok());
  EXPECT_EQ(store_->CheckNewDevice("pi").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store_->CheckNewDevice("local").code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ResultStoreContract, ADeviceNeedsAProperName) {
  for (const std::string& name : {std::string(), std::string("local"), std::string("a b"),
                                  std::string("a/b"), std::string("ä"), std::string(65, 'a')}) {
    EXPECT_EQ(store_->AddDevice({name, "a:1", kNow}).code(), absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_TRUE(store_->AddDevice({std::string(64, 'a'), "a:1", kNow}).ok());
  EXPECT_TRUE(store_->AddDevice({"Pi-4_b.home", "a:1", kNow}).ok());
}

TEST_P(ResultStoreContract, ARemovedDeviceIsGoneButItsResultsStay) {
  ASSERT_TRUE(store_->AddDevice({"pi", "a:1", kNow}).ok());
  Store(FullResult("a"), "pi");
  ASSERT_TRUE(store_->RemoveDevice("pi").ok());
  EXPECT_THAT(*store_->ListDevices(), IsEmpty());
  EXPECT_EQ(store_->GetDevice("pi").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->RemoveDevice("pi").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ((*store_->Measurements({}))[0].device, "pi");
  ASSERT_TRUE(store_->AddDevice({"pi", "b:1", kNow}).ok()) << "and may come back";
  EXPECT_EQ(store_->GetDevice("pi")->address, "b:1");
}

TEST_P(ResultStoreContract, KnowsTheDevicesThatAreListedOrHaveResults) {
  ASSERT_TRUE(store_->AddDevice({"pi", "a:1", kNow}).ok());
  ASSERT_TRUE(store_->AddDevice({"removed", "b:1", kNow}).ok());
  ASSERT_TRUE(store_->AddDevice({"unused", "c:1", kNow}).ok());
  Store(FullResult("a"), "removed");
  ASSERT_TRUE(store_->RemoveDevice("removed").ok());
  ASSERT_TRUE(store_->RemoveDevice("unused").ok());
  EXPECT_THAT(*store_->NamesOfKnownDevices(), ElementsAre("pi", "removed"));
}

TEST_P(ResultStoreContract, KnowsTheModelsThatHaveResults) {
  EXPECT_THAT(*store_->NamesOfKnownModels(), IsEmpty());
  v1::JobResult file = FullResult("a");
  file.mutable_settings()->mutable_model()->set_display_name("my.pt");
  v1::JobResult zoo = FullResult("b");
  zoo.mutable_settings()->mutable_model()->set_display_name("alexnet");
  Store(file);
  Store(zoo);
  zoo.set_job_id("c");
  Store(zoo);
  EXPECT_THAT(*store_->NamesOfKnownModels(), ElementsAre("alexnet", "my.pt"));
}

TEST_P(ResultStoreContract, AMistypedDeviceIsAnsweredWithTheNearest) {
  ASSERT_TRUE(store_->AddDevice({"jetson", "a:1", kNow}).ok());
  EXPECT_THAT(std::string(store_->GetDevice("jetsn").status().message()),
              HasSubstr("Did you mean jetson?"));
}

TEST_P(ResultStoreContract, KeepsASubmission) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  OpenAgainIfItIsAFile();
  const auto job = store_->GetJob("a");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->device, "local");
  EXPECT_EQ(job->address, "unix:/tmp/a");
  EXPECT_EQ(job->run_id, "run-1");
  EXPECT_EQ(job->submitted_time, kNow);
  EXPECT_EQ(job->status, "pending");
  EXPECT_EQ(job->output_path, "/tmp/out.pt");
  EXPECT_TRUE(job->overwrite);
  EXPECT_TRUE(ProtoEquals(job->settings, Submission("a").settings));
  EXPECT_THAT(*store_->ListDevices(), IsEmpty()) << "a submission adds no device";
  EXPECT_EQ(store_->RecordSubmission(Submission("a")).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(ResultStoreContract, AJobIsPendingUntilItsResultIsStored) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  ASSERT_TRUE(store_->RecordSubmission(Submission("b")).ok());
  EXPECT_THAT(JobsOf(store_->PendingJobs()), ElementsAre("a", "b"));
  v1::JobResult result = FullResult("a");
  result.set_outcome(v1::OUTCOME_OOM);
  ASSERT_TRUE(*store_->StoreResult(result, kNow));
  EXPECT_THAT(JobsOf(store_->PendingJobs()), ElementsAre("b"));
  EXPECT_EQ(store_->GetJob("a")->status, "oom");
}

TEST_P(ResultStoreContract, AStoredResultIsUnacknowledgedUntilTheAgentKnows) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  ASSERT_TRUE(store_->RecordSubmission(Submission("b")).ok());
  EXPECT_THAT(*store_->UnacknowledgedJobs(), IsEmpty()) << "there is nothing to acknowledge yet";
  ASSERT_TRUE(*store_->StoreResult(FullResult("a"), kNow));
  EXPECT_THAT(JobsOf(store_->UnacknowledgedJobs()), ElementsAre("a"));
  ASSERT_TRUE(store_->MarkAcknowledged("a").ok());
  EXPECT_THAT(*store_->UnacknowledgedJobs(), IsEmpty());
  EXPECT_EQ(store_->MarkAcknowledged("x").code(), absl::StatusCode::kNotFound);
}

TEST_P(ResultStoreContract, ListsJobsNewestFirst) {
  for (const char* id : {"c", "a", "b"}) {
    ASSERT_TRUE(store_->RecordSubmission(Submission(id)).ok());
  }
  EXPECT_THAT(JobsOf(store_->ListJobs(2)), ElementsAre("b", "a"));
  EXPECT_THAT(JobsOf(store_->ListJobs(0)), ElementsAre("b", "a", "c"));
}

TEST_P(ResultStoreContract, ForgetsASubmissionThatWasRefused) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  ASSERT_TRUE(store_->ForgetSubmission("a").ok());
  EXPECT_EQ(store_->GetJob("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ForgetSubmission("a").code(), absl::StatusCode::kNotFound);
}

TEST_P(ResultStoreContract, DoesNotForgetAResult) {
  Store(FullResult("a"));
  EXPECT_EQ(store_->ForgetSubmission("a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(*store_->Measurements({}), SizeIs(1));
}

TEST_P(ResultStoreContract, ALostJobIsNoLongerPendingAndMayStillBeFound) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  ASSERT_TRUE(store_->MarkLost("a").ok());
  EXPECT_EQ(store_->GetJob("a")->status, "lost");
  EXPECT_THAT(*store_->PendingJobs(), IsEmpty());
  EXPECT_TRUE(*store_->StoreResult(FullResult("a"), kNow));
  EXPECT_EQ(store_->GetJob("a")->status, "ok");
  EXPECT_EQ(store_->MarkLost("a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store_->MarkLost("x").code(), absl::StatusCode::kNotFound);
}

TEST_P(ResultStoreContract, AResultComesBackAsItWas) {
  Store(FullResult("a"));
  OpenAgainIfItIsAFile();
  const auto measurements = store_->Measurements({});
  ASSERT_TRUE(measurements.ok()) << measurements.status();
  ASSERT_THAT(*measurements, SizeIs(1));
  const Measurement& measurement = (*measurements)[0];
  EXPECT_TRUE(ProtoEquals(measurement.result, FullResult("a")));
  EXPECT_EQ(measurement.job_id, "a");
  EXPECT_EQ(measurement.run_id, "run-of-a");
  EXPECT_EQ(measurement.device, "local");
  EXPECT_EQ(measurement.stored_time, kNow);
  EXPECT_EQ(measurement.latency.samples, 20);
  EXPECT_DOUBLE_EQ(*measurement.latency.median_ns, 10'500'000);
  EXPECT_EQ(measurement.latency.ci95_ns->low, 6'000'000);
}

TEST_P(ResultStoreContract, ProcessesOfACellInOneRunAreOneMeasurement) {
  for (const char* id : {"a", "b", "c"}) Store(FullResult(id), "local", "run");
  Store(FullResult("d"), "local", "later run");
  Store(FullResult("e"), "pi", "run");
  OpenAgainIfItIsAFile();
  const auto measurements = store_->Measurements({});
  ASSERT_TRUE(measurements.ok()) << measurements.status();
  ASSERT_THAT(*measurements, SizeIs(3));
  EXPECT_EQ((*measurements)[0].latency.processes, 3);
  EXPECT_EQ((*measurements)[0].latency.samples, 60);
  EXPECT_EQ((*measurements)[1].latency.processes, 1);
  EXPECT_EQ((*measurements)[2].device, "pi");
}

TEST_P(ResultStoreContract, TheLatestOfACellHasAllProcessesOfItsRun) {
  for (const char* id : {"a", "b"}) Store(FullResult(id), "local", "run");
  for (const char* id : {"c", "d", "e"}) Store(FullResult(id), "local", "later run");
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  const auto latest = store_->Measurements(filter);
  ASSERT_TRUE(latest.ok()) << latest.status();
  ASSERT_THAT(*latest, SizeIs(1));
  EXPECT_EQ(latest->front().run_id, "later run");
  EXPECT_EQ(latest->front().latency.processes, 3);
  filter.latest_per_cell = false;
  filter.limit = 1;
  EXPECT_EQ(store_->Measurements(filter)->front().latency.processes, 3)
      << "a limit is one of measurements";
}

TEST_P(ResultStoreContract, AJobCanBeAskedForByItself) {
  for (const char* id : {"a", "b", "c"}) Store(FullResult(id), "local", "run");
  MeasurementFilter filter;
  filter.job_id = "b";
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("b"));
}

TEST_P(ResultStoreContract, JobsThatAreNoBenchmarksStayApart) {
  for (const char* id : {"a", "b"}) {
    v1::JobResult result = FullResult(id);
    result.mutable_settings()->set_kind(v1::JOB_KIND_QUANTIZE);
    Store(result, "local", "run");
  }
  EXPECT_THAT(JobsOf(store_->Measurements({})), ElementsAre("a", "b"));
}

TEST_P(ResultStoreContract, AnAlmostEmptyResultComesBackAsItWas) {
  v1::JobResult result;
  result.set_job_id("a");
  result.set_outcome(v1::OUTCOME_CRASH);
  result.set_signal_name("SIGSEGV");
  Store(result);
  const auto measurements = store_->Measurements({});
  ASSERT_TRUE(measurements.ok()) << measurements.status();
  EXPECT_TRUE(ProtoEquals((*measurements)[0].result, result));
  EXPECT_FALSE((*measurements)[0].latency.median_ns.has_value());
}

TEST_P(ResultStoreContract, AnEmptyEnvironmentIsNotTheAbsenceOfOne) {
  v1::JobResult result;
  result.set_job_id("a");
  result.set_outcome(v1::OUTCOME_OK);
  result.mutable_environment()->mutable_host();
  result.mutable_latency();
  Store(result);
  EXPECT_TRUE((*store_->Measurements({}))[0].result.has_environment());
  EXPECT_TRUE((*store_->Measurements({}))[0].result.has_latency());
}

TEST_P(ResultStoreContract, AResultIsStoredOnce) {
  Store(FullResult("a"));
  v1::JobResult other = FullResult("a");
  other.set_outcome(v1::OUTCOME_OOM);
  const auto again = store_->StoreResult(other, kNow + absl::Hours(1));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(*again);
  ASSERT_THAT(*store_->Measurements({}), SizeIs(1));
  EXPECT_TRUE(ProtoEquals((*store_->Measurements({}))[0].result, FullResult("a")));
  EXPECT_EQ(store_->GetJob("a")->status, "ok");
}

TEST_P(ResultStoreContract, AResultOfSomebodyElsesJobIsRefused) {
  EXPECT_EQ(store_->StoreResult(FullResult("x"), kNow).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(*store_->Measurements({}), IsEmpty());
}

TEST_P(ResultStoreContract, FiltersByAnyOfTheNamesGiven) {
  Store(Cell("a", "resnet18", v1::PRECISION_FP32));
  Store(Cell("b", "resnet18", v1::PRECISION_INT8_STATIC), "pi");
  Store(Cell("c", "mobilenet_v2", v1::PRECISION_FP32), "pi", "run-2");
  MeasurementFilter filter;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("a", "b", "c"));
  filter.models = {"resnet18"};
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("a", "b"));
  filter.devices = {"pi", "jetson"};
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("b"));
  filter.precisions = {"fp32"};
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), IsEmpty());
  MeasurementFilter of_run;
  of_run.run_id = "run-2";
  EXPECT_THAT(JobsOf(store_->Measurements(of_run)), ElementsAre("c"));
}

TEST_P(ResultStoreContract, AFilterIsTakenLiterally) {
  Store(FullResult("a"));
  MeasurementFilter filter;
  filter.models = {"resnet18' OR '1'='1", "res%"};
  EXPECT_THAT(*store_->Measurements(filter), IsEmpty());
}

TEST_P(ResultStoreContract, FindsWhatAFileTurnedOutToBe) {
  v1::JobResult result = Cell("a", "model.pt", v1::PRECISION_AS_STORED);
  result.set_precision(v1::PRECISION_INT8_DYNAMIC);
  Store(result);
  MeasurementFilter filter;
  filter.precisions = {"int8-dynamic"};
  EXPECT_THAT(*store_->Measurements(filter), SizeIs(1));
}

TEST_P(ResultStoreContract, TheLatestOfEachCellHidesOlderOnes) {
  Store(Cell("a", "resnet18", v1::PRECISION_FP32));
  Store(Cell("b", "resnet18", v1::PRECISION_INT8_STATIC));
  Store(Cell("c", "resnet18", v1::PRECISION_FP32));
  Store(Cell("d", "resnet18", v1::PRECISION_FP32), "pi");
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("b", "c", "d"));
}

TEST_P(ResultStoreContract, TheLatestOfACellIsNeverAnAttemptThatWasCutShort) {
  Store(Cell("a", "resnet18", v1::PRECISION_FP32));
  for (const v1::Outcome outcome : {v1::OUTCOME_CANCELLED, v1::OUTCOME_INTERRUPTED}) {
    v1::JobResult cut_short = Cell(OutcomeName(outcome), "resnet18", v1::PRECISION_FP32);
    cut_short.set_outcome(outcome);
    cut_short.clear_latency();
    Store(cut_short);
  }
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("a"));
  EXPECT_THAT(*store_->Measurements({}), SizeIs(3));
}

TEST_P(ResultStoreContract, FilesOfOneNameAreCellsOfTheirOwn) {
  for (const std::string& digest : {std::string(64, 'a'), std::string(64, 'b')}) {
    v1::JobResult result = Cell(digest.substr(0, 1), "", v1::PRECISION_FP32);
    result.mutable_settings()->mutable_model()->set_display_name("model.pt");
    result.mutable_settings()->mutable_model()->mutable_artifact()->set_sha256(digest);
    Store(result);
  }
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("a", "b"));
}

TEST_P(ResultStoreContract, WaysToQuantizeAreCellsOfTheirOwn) {
  const std::pair<const char*, std::function<void(v1::JobSettings&)>> ways[] = {
      {"a", [](v1::JobSettings& s) { s.set_observer("histogram"); }},
      {"b", [](v1::JobSettings& s) { s.set_observer("mse"); }},
      {"c", [](v1::JobSettings& s) { s.set_engine("qnnpack"); }},
      {"d", [](v1::JobSettings& s) { s.add_keep_fp32("fc"); }},
      {"e", [](v1::JobSettings& s) { s.set_min_sqnr_db(20); }},
      {"f", [](v1::JobSettings& s) { s.set_weight_scheme("per-tensor"); }},
      {"g", [](v1::JobSettings& s) { s.mutable_calibration()->set_sha256(std::string(64, 'a')); }},
      {"w", [](v1::JobSettings& s) { s.mutable_weights()->set_sha256(std::string(64, 'a')); }},
      {"x", [](v1::JobSettings& s) { s.mutable_weights()->set_sha256(std::string(64, 'b')); }},
      {"h", [](v1::JobSettings& s) { s.set_observer("mse"); }}};
  for (const auto& [id, change] : ways) {
    v1::JobResult result = Cell(id, "resnet18", v1::PRECISION_INT8_STATIC);
    change(*result.mutable_settings());
    Store(result);
  }
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)),
              ElementsAre("a", "c", "d", "e", "f", "g", "w", "x", "h"));
}

TEST_P(ResultStoreContract, ALimitKeepsTheNewest) {
  for (const char* id : {"a", "b", "c"}) Store(Cell(id, "resnet18", v1::PRECISION_FP32));
  MeasurementFilter filter;
  filter.limit = 2;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("b", "c"));
}

// A database in memory has one connection only.
// Two cells on one device and one on another, each in two processes.
RecordedRun TwoDevices() {
  RecordedRun run;
  run.id = "run-1";
  run.started_time = kNow;
  run.processes = 2;
  run.devices = {{"pi", "pi:1", {}}, {"local", "unix:/tmp/a", {}}};
  run.devices[0].cells.resize(2);
  run.devices[0].cells[0].settings.set_batch(1);
  run.devices[0].cells[1].settings.set_batch(8);
  run.devices[0].cells[1].model_path = "/models/a.pt";
  run.devices[1].cells.resize(1);
  run.devices[1].cells[0].calibration_path = "/images";
  run.devices[1].cells[0].weights_path = "/w.pth";
  return run;
}

TEST_P(ResultStoreContract, KeepsWhatARunIsToMeasure) {
  ASSERT_TRUE(store_->RecordRun(TwoDevices()).ok());
  OpenAgainIfItIsAFile();
  const auto run = store_->GetRun("run-1");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->started_time, kNow);
  EXPECT_EQ(run->processes, 2);
  EXPECT_FALSE(run->finished);
  ASSERT_THAT(run->devices, SizeIs(2));
  EXPECT_EQ(run->devices[0].device, "pi");
  EXPECT_EQ(run->devices[0].address, "pi:1");
  ASSERT_THAT(run->devices[0].cells, SizeIs(2));
  EXPECT_EQ(run->devices[0].cells[1].settings.batch(), 8);
  EXPECT_EQ(run->devices[0].cells[1].model_path, "/models/a.pt");
  EXPECT_EQ(run->devices[1].cells[0].calibration_path, "/images");
  EXPECT_EQ(run->devices[1].cells[0].weights_path, "/w.pth");
  EXPECT_EQ(store_->RecordRun(TwoDevices()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store_->GetRun("run-2").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ResultStoreContract, KnowsWhichCellOfARunAJobMeasures) {
  ASSERT_TRUE(store_->RecordRun(TwoDevices()).ok());
  SubmittedJob job = Submission("job-1", "pi");
  job.cell_position = 1;
  job.process = 2;
  ASSERT_TRUE(store_->RecordSubmission(job).ok());
  ASSERT_TRUE(store_->RecordSubmission(Submission("job-2", "pi", "run-2")).ok());
  const auto jobs = store_->JobsOfRun("run-1");
  ASSERT_THAT(JobsOf(jobs), ElementsAre("job-1"));
  EXPECT_EQ((*jobs)[0].cell_position, 1);
  EXPECT_EQ((*jobs)[0].process, 2);
  EXPECT_EQ(store_->GetJob("job-2")->cell_position, std::nullopt);
}

TEST_P(ResultStoreContract, TheNewestRunThatHasNotFinishedIsToldUntilItHas) {
  EXPECT_EQ(*store_->NewestUnfinishedRun(), "");
  RecordedRun run = TwoDevices();
  ASSERT_TRUE(store_->RecordRun(run).ok());
  run.id = "run-2";
  run.started_time += absl::Seconds(1);
  ASSERT_TRUE(store_->RecordRun(run).ok());
  for (const char* id : {"run-1", "run-2"})
    ASSERT_TRUE(store_->RecordSubmission(Submission(id, "pi", id)).ok());
  EXPECT_EQ(*store_->NewestUnfinishedRun(), "run-2");
  ASSERT_TRUE(store_->FinishRun("run-2", kNow).ok());
  EXPECT_EQ(*store_->NewestUnfinishedRun(), "run-1");
  ASSERT_TRUE(store_->FinishRun("run-1", kNow).ok());
  EXPECT_EQ(*store_->NewestUnfinishedRun(), "");
  EXPECT_TRUE(store_->GetRun("run-1")->finished);
}

TEST_P(ResultStoreContract, ARefusedJobTakesNoRecordedRunWithIt) {
  ASSERT_TRUE(store_->RecordRun(TwoDevices()).ok());
  ASSERT_TRUE(store_->RecordSubmission(Submission("job-1", "pi")).ok());
  ASSERT_TRUE(store_->ForgetSubmission("job-1").ok());
  EXPECT_TRUE(store_->GetRun("run-1").ok());
  ASSERT_TRUE(store_->FinishRun("run-1", kNow).ok());
  EXPECT_EQ(store_->GetRun("run-1").status().code(), absl::StatusCode::kNotFound)
      << "a run of which nothing ran is no run";
}

TEST_P(ResultStoreContract, TellsHowLongJobsTook) {
  for (const char* id : {"a", "b", "c"}) {
    v1::JobResult result = FullResult(id);
    result.mutable_started_time()->set_seconds(1'700'000'000);
    result.mutable_finished_time()->set_seconds(id[0] == 'b' ? 1'700'000'007 : 1'700'000'003);
    result.mutable_model()->set_flops(5);
    if (id[0] == 'c') result.set_outcome(v1::OUTCOME_OOM);
    Store(result, "pi");
  }
  Store(FullResult("d"), "local");
  const auto durations = store_->RecentDurations("pi", 10);
  ASSERT_TRUE(durations.ok()) << durations.status();
  ASSERT_THAT(*durations, SizeIs(2)) << "those that ended well, on that device";
  EXPECT_EQ((*durations)[0].duration, absl::Seconds(7)) << "the newest first";
  EXPECT_EQ((*durations)[1].duration, absl::Seconds(3));
  EXPECT_EQ((*durations)[0].settings.batch(), 2);
  EXPECT_DOUBLE_EQ(*(*durations)[0].median_ns, 10.5e6);
  EXPECT_EQ((*durations)[0].flops, 5);
  EXPECT_EQ((*durations)[0].parameters, 11'689'512);
  EXPECT_THAT(*store_->RecentDurations("pi", 1), SizeIs(1));
}

TEST_P(ResultStoreContract, TakesEnergyFromElsewhereForAllJobsOrForNone) {
  Store(FullResult("a"));
  Store(FullResult("b"));
  v1::Energy energy;
  energy.set_source("csv:meter");
  energy.set_joules_gross(2);
  energy.set_joules_per_inference(0.5);
  EXPECT_EQ(store_->SetEnergy({{"a", energy}, {"nobody", energy}}).code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE((*store_->Measurements({}))[0].result.has_energy());
  ASSERT_TRUE(store_->SetEnergy({{"a", energy}, {"b", energy}}).ok());
  OpenAgainIfItIsAFile();
  const auto measurements = store_->Measurements({});
  for (const Measurement& measurement : *measurements) {
    EXPECT_DOUBLE_EQ(measurement.result.energy().joules_per_inference(), 0.5);
    EXPECT_EQ(measurement.result.coverage().int8_ops(), 20) << "the rest stays";
  }
}

TEST_P(ResultStoreContract, CellsThatArePlacedOtherwiseAreOtherCells) {
  v1::JobResult pinned = FullResult("pinned");
  pinned.mutable_settings()->set_pin_cpus("0-1");
  v1::JobResult nice = FullResult("nice");
  nice.mutable_settings()->set_niceness(0);
  v1::JobResult huge = FullResult("huge");
  huge.mutable_settings()->set_huge_pages(v1::HUGE_PAGES_OFF);
  for (const v1::JobResult& result : {FullResult("plain"), pinned, nice, huge})
    Store(result, "local", "run-1");
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  EXPECT_THAT(JobsOf(store_->Measurements(filter)), ElementsAre("plain", "pinned", "nice", "huge"));
}

class SharedResultStoreContract : public ResultStoreContract {};

TEST_P(SharedResultStoreContract, TwoControllersMayWriteAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this, t] {
      const std::unique_ptr<ResultStore> store = Another();
      for (int i = 0; i < 10; ++i) {
        const std::string id = absl::StrCat(t, "-", i);
        EXPECT_TRUE(store->RecordSubmission(Submission(id, "local", id)).ok());
        const auto is_new = store->StoreResult(FullResult(id), kNow);
        EXPECT_TRUE(is_new.ok() && *is_new) << is_new.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(*store_->Measurements({}), SizeIs(20));
}

TEST_P(SharedResultStoreContract, TwoControllersThatFetchTheSameResultStoreItOnce) {
  ASSERT_TRUE(store_->RecordSubmission(Submission("a")).ok());
  std::vector<int> stored(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < stored.size(); ++t) {
    threads.emplace_back([this, t, &stored] {
      const std::unique_ptr<ResultStore> store = Another();
      const auto is_new = store->StoreResult(FullResult("a"), kNow);
      ASSERT_TRUE(is_new.ok()) << is_new.status();
      stored[t] = *is_new ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored[0] + stored[1] + stored[2] + stored[3], 1);
  EXPECT_THAT(*store_->Measurements({}), SizeIs(1));
}

std::string BackendName(const ::testing::TestParamInfo<bool>& instance) {
  return instance.param ? "File" : "Memory";
}

INSTANTIATE_TEST_SUITE_P(Stores, ResultStoreContract, ::testing::Bool(), BackendName);
INSTANTIATE_TEST_SUITE_P(Stores, SharedResultStoreContract, ::testing::Values(true), BackendName);

}  // namespace
}  // namespace edgebench::db
