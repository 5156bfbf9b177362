#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "db/maintenance.h"
#include "tests/unit/db/maintenance_fixture.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Pruning = Maintenance;

TEST_F(Pruning, TellsWhatShareOfAPruningIsDone) {
  const std::string path = ClosedFile("a.db", 450);
  PruneFilter filter;
  filter.models = {"resnet18"};
  Told told;
  ASSERT_TRUE(PruneDatabase(path, filter, false, told.Listener()).ok());
  EXPECT_THAT(told.SharesOf("removing"), AllOf(GrowsWithinTheWhole(), SizeIs(6)));
  EXPECT_THAT(told.steps().back(), StartsWith("shrinking the file, "));
}

TEST_F(Pruning, PrunesWhatANewerRunHasAnswered) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("old1", Fp32(), "old");
  file.Store("old2", Fp32(), "old", "local", kStored + absl::Seconds(1));
  file.Store("new", Fp32(), "new", "local", kStored + absl::Hours(1));
  file.Store("other", BenchmarkOf("vgg16", v1::PRECISION_FP32, 9), "old");
  PruneFilter filter;
  filter.superseded_only = true;
  const auto preview = PruneDatabase(file.path(), filter, true);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->measurements, 1);
  EXPECT_EQ(preview->processes, 2);
  EXPECT_EQ(preview->samples, 42);
  EXPECT_EQ(file.Ask("SELECT count(*) FROM measurement"), "4");
  EXPECT_EQ(PruneDatabase(file.path(), filter, false)->processes, 2);
  EXPECT_EQ(
      file.Ask("SELECT group_concat(job_id) FROM (SELECT job_id FROM measurement ORDER BY job_id)"),
      "new,other");
  EXPECT_EQ(file.Ask("SELECT count(*) FROM sample_list"), "2");
  EXPECT_EQ(file.Ask("SELECT count(*) FROM job"), "2");
  EXPECT_THAT(*CheckDatabase(file.path()), IsEmpty());
}

TEST_F(Pruning, PruningKeepsAGroupOfProcessesWhole) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32(), "run", "local", kStored);
  file.Store("b", Fp32(), "run", "local", kStored + absl::Hours(2));
  PruneFilter filter;
  filter.before = kStored + absl::Hours(1);
  EXPECT_EQ(PruneDatabase(file.path(), filter, false)->measurements, 0);
  filter.before = kStored + absl::Hours(3);
  const auto report = PruneDatabase(file.path(), filter, false);
  EXPECT_EQ(report->processes, 2);
  EXPECT_EQ(report->runs, 1);
  EXPECT_EQ(file.Ask("SELECT count(*) FROM device_environment"), "0");
  EXPECT_EQ(file.Ask("SELECT count(*) FROM cell_result"), "0");
}

TEST_F(Pruning, PrunesWhatFailedOfOneDevice) {
  ResultsFile file(folder_.File("a.db"));
  v1::JobResult failed = Fp32();
  failed.clear_latency();
  failed.set_outcome(v1::OUTCOME_OOM);
  file.Store("a", failed, "r1", "pi");
  file.Store("b", failed, "r2", "local");
  file.Store("c", Fp32(), "r3", "pi");
  PruneFilter filter;
  filter.failed_only = true;
  filter.devices = {"pi"};
  EXPECT_EQ(PruneDatabase(file.path(), filter, false)->measurements, 1);
  EXPECT_EQ(
      file.Ask("SELECT group_concat(job_id) FROM (SELECT job_id FROM measurement ORDER BY job_id)"),
      "b,c");
}

TEST_F(Pruning, WhatTheAgentDoesNotKnowToBeStoredIsNotPruned) {
  ResultsFile file(folder_.File("a.db"));
  file.Submit("a");
  v1::JobResult result = Fp32();
  result.set_job_id("a");
  ASSERT_TRUE(file.store().StoreResult(result, kStored).ok());
  PruneFilter filter;
  filter.models = {"resnet18"};
  const auto report = PruneDatabase(file.path(), filter, false);
  EXPECT_EQ(report->measurements, 0);
  EXPECT_EQ(report->unacknowledged, 1);
  EXPECT_EQ(file.Ask("SELECT count(*) FROM measurement"), "1");
}

TEST_F(Pruning, PruningWithoutAConditionIsRefused) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_EQ(PruneDatabase(path, {}, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Pruning, PruningShrinksTheFile) {
  const std::string path = folder_.File("a.db");
  {
    ResultsFile file(path);
    v1::JobResult large = Fp32();
    for (int i = 0; i < 100'000; ++i) large.mutable_latency()->add_measured_ns(10'000'000 + i % 7);
    file.Store("a", large, "large");
    file.Store("b", Fp32(), "small");
  }
  const auto before = fs::file_size(path);
  PruneFilter filter;
  filter.runs = {"large"};
  ASSERT_TRUE(PruneDatabase(path, filter, false).ok());
  EXPECT_LT(fs::file_size(path), before / 2);
}

}  // namespace
}  // namespace edgebench::db
