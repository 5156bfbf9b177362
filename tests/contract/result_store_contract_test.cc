#include "tests/contract/result_store_contract.h"

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

namespace edgebench::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
