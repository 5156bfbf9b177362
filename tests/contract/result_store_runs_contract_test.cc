#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/contract/result_store_contract.h"

namespace edgebench::db {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RunsContract : public ResultStoreContract {};

// Two cells on one device and one on another, each in two processes.
RecordedRun TwoDevices() {
  RecordedRun run;
  run.id = "run-1";
  run.started_time = kNow;
  run.labels = {"vision", "first try", {"lab", "pi 4"}};
  run.devices = {{"pi", "pi:1", {}}, {"local", "unix:/tmp/a", {}}};
  run.devices[0].cells.resize(2);
  run.devices[0].cells[0].settings.set_batch(1);
  run.devices[0].cells[1].settings.set_batch(8);
  run.devices[0].cells[1].processes = 2;
  run.devices[0].cells[1].model_path = "/models/a.pt";
  run.devices[1].cells.resize(1);
  run.devices[1].cells[0].calibration_path = "/images";
  run.devices[1].cells[0].weights_path = "/w.pth";
  return run;
}

TEST_P(RunsContract, KeepsWhatARunIsToMeasure) {
  ASSERT_TRUE(store_->RecordRun(TwoDevices()).ok());
  OpenAgainIfItIsAFile();
  const auto run = store_->GetRun("run-1");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->started_time, kNow);
  EXPECT_EQ(run->labels.name, "vision");
  EXPECT_EQ(run->labels.note, "first try");
  EXPECT_THAT(run->labels.tags, ElementsAre("lab", "pi 4"));
  EXPECT_FALSE(run->finished);
  ASSERT_THAT(run->devices, SizeIs(2));
  EXPECT_EQ(run->devices[0].device, "pi");
  EXPECT_EQ(run->devices[0].address, "pi:1");
  ASSERT_THAT(run->devices[0].cells, SizeIs(2));
  EXPECT_EQ(run->devices[0].cells[0].processes, 1);
  EXPECT_EQ(run->devices[0].cells[1].processes, 2);
  EXPECT_EQ(run->devices[0].cells[1].settings.batch(), 8);
  EXPECT_EQ(run->devices[0].cells[1].model_path, "/models/a.pt");
  EXPECT_EQ(run->devices[1].cells[0].calibration_path, "/images");
  EXPECT_EQ(run->devices[1].cells[0].weights_path, "/w.pth");
  EXPECT_EQ(store_->RecordRun(TwoDevices()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store_->GetRun("run-2").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(RunsContract, KnowsWhichCellOfARunAJobMeasures) {
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

TEST_P(RunsContract, TheNewestRunThatHasNotFinishedIsToldUntilItHas) {
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

TEST_P(RunsContract, ARefusedJobTakesNoRecordedRunWithIt) {
  ASSERT_TRUE(store_->RecordRun(TwoDevices()).ok());
  ASSERT_TRUE(store_->RecordSubmission(Submission("job-1", "pi")).ok());
  ASSERT_TRUE(store_->ForgetSubmission("job-1").ok());
  EXPECT_TRUE(store_->GetRun("run-1").ok());
  ASSERT_TRUE(store_->FinishRun("run-1", kNow).ok());
  EXPECT_EQ(store_->GetRun("run-1").status().code(), absl::StatusCode::kNotFound)
      << "a run of which nothing ran is no run";
}

TEST_P(RunsContract, TellsHowLongJobsTook) {
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

TEST_P(RunsContract, TakesEnergyFromElsewhereForAllJobsOrForNone) {
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

TEST_P(RunsContract, CellsThatArePlacedOtherwiseAreOtherCells) {
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

INSTANTIATE_TEST_SUITE_P(Stores, RunsContract, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "File" : "Memory"; });

}  // namespace
}  // namespace edgebench::db
