#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "db/maintenance.h"
#include "tests/unit/db/maintenance_fixture.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using MergeOfDatabases = Maintenance;

TEST_F(MergeOfDatabases, TellsWhatShareOfAMergeIsDone) {
  const std::string theirs = ClosedFile("theirs.db", 450);
  Told told;
  ASSERT_TRUE(MergeDatabase(folder_.File("mine.db"), theirs, {}, false, told.Listener()).ok());
  EXPECT_THAT(told.steps(), ElementsAre(StartsWith("checking the copy, "),
                                        "taking over its results", "writing to the disk"));
  const std::vector<double>& shares = told.SharesOf("taking over its results");
  EXPECT_THAT(shares, GrowsWithinTheWhole());
  EXPECT_THAT(shares, SizeIs(3 + 450)) << "two hundred at once, and each cell";
  EXPECT_EQ(shares.front(), 0);
  EXPECT_EQ(shares.back(), 1);
}

TEST_F(MergeOfDatabases, MergesWhatIsNewOnce) {
  ResultsFile mine(folder_.File("mine.db"));
  mine.Store("a", Fp32());
  const std::string theirs = ClosedFile("theirs.db", 3);
  for (const int64_t brought : {3, 0}) {
    const auto report = MergeDatabase(mine.path(), theirs, {}, false);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->measurements, brought);
    EXPECT_EQ(report->known, 3 - brought);
    EXPECT_EQ(mine.Ask("SELECT count(*) FROM measurement"), "4");
    EXPECT_EQ(mine.Ask("SELECT count(*) FROM sample_list"), "4");
  }
  EXPECT_THAT(*CheckDatabase(mine.path()), IsEmpty());
  EXPECT_EQ(DescribeDatabase(theirs)->measurements, 3) << "the other file stays as it is";
  EXPECT_EQ(mine.store().UnacknowledgedJobs()->size(), 0u) << "their agents are not ours to tell";
}

TEST_F(MergeOfDatabases, AMergedResultIsReadAsTheOneThatWasStored) {
  ResultsFile theirs(folder_.File("theirs.db"));
  v1::JobResult result = Fp32();
  result.mutable_telemetry()->set_period_ns(1);
  result.mutable_telemetry()->add_offset_ns(5);
  v1::TelemetryChannel& channel = *result.mutable_telemetry()->add_channels();
  channel.set_name("temperature");
  channel.add_values(50);
  theirs.Store("a", result);
  ResultsFile mine(folder_.File("mine.db"));
  ASSERT_TRUE(MergeDatabase(mine.path(), theirs.path(), {}, false).ok());
  const auto here = mine.store().Measurements({});
  const auto there = theirs.store().Measurements({});
  ASSERT_THAT(*here, SizeIs(1));
  EXPECT_EQ(here->front().result.SerializeAsString(), there->front().result.SerializeAsString());
  EXPECT_EQ(here->front().stored_time, there->front().stored_time);
}

TEST_F(MergeOfDatabases, ADeviceThatIsAnotherMachineMustBeRenamed) {
  ResultsFile mine(folder_.File("mine.db"));
  mine.Store("a", Fp32(10'000'000, "bens-laptop"));
  ResultsFile theirs(folder_.File("theirs.db"));
  theirs.Store("b", Fp32(5'000'000, "annas-laptop"));
  const auto refused = MergeDatabase(mine.path(), theirs.path(), {}, false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("annas-laptop"), HasSubstr("--rename local=annas-laptop")));
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM measurement"), "1") << "nothing is half merged";

  const auto report = MergeDatabase(mine.path(), theirs.path(), {{"local", "anna"}}, false);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->devices, ElementsAre("anna"));
  EXPECT_EQ(
      mine.Ask(
          "SELECT group_concat(device || median_ms) FROM (SELECT * FROM latency ORDER BY device)"),
      "anna5.0,local10.0");
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM cell WHERE name LIKE 'anna|%'"), "1");
  EXPECT_EQ(MergeDatabase(mine.path(), theirs.path(), {}, false)->measurements, 0)
      << "by another name they are still the same results";
  const auto again = MergeDatabase(mine.path(), theirs.path(), {{"local", "anna"}}, false);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->measurements, 0);
}

TEST_F(MergeOfDatabases, ARenamingOfNoDeviceIsRefused) {
  ResultsFile mine(folder_.File("mine.db"));
  const std::string theirs = ClosedFile("theirs.db", 1);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {{"loca", "anna"}}, false).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {{"local", "an/na"}}, false).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(MergeOfDatabases, SaysWhatAMergeWouldBring) {
  ResultsFile mine(folder_.File("mine.db"));
  const std::string theirs = ClosedFile("theirs.db", 2);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {}, true)->measurements, 2);
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM measurement"), "0");
}

TEST_F(MergeOfDatabases, AJobThatWasCopiedWhileItRanGetsItsEnd) {
  ResultsFile theirs(folder_.File("theirs.db"));
  theirs.Submit("a");
  ASSERT_TRUE(BackUpDatabase(theirs.path(), folder_.File("mine.db"), false).ok());
  v1::JobResult result = Fp32();
  result.set_job_id("a");
  ASSERT_TRUE(theirs.store().StoreResult(result, kStored).ok());
  ResultsFile mine(folder_.File("mine.db"));
  ASSERT_TRUE(MergeDatabase(mine.path(), theirs.path(), {}, false).ok());
  EXPECT_EQ(mine.Ask("SELECT status FROM job"), "ok");
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM latency"), "1");
}

TEST_F(MergeOfDatabases, JobsWithoutAResultStayWhereTheyWere) {
  ResultsFile theirs(folder_.File("theirs.db"));
  theirs.Store("a", Fp32());
  theirs.Submit("b");
  ResultsFile mine(folder_.File("mine.db"));
  EXPECT_EQ(MergeDatabase(mine.path(), theirs.path(), {}, false)->pending, 1);
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM job"), "1");
}

TEST_F(MergeOfDatabases, ARunIsMergedWithItsLabelsAndWithoutWhatItLeftUndone) {
  ResultsFile theirs(folder_.File("theirs.db"));
  RecordedRun run;
  run.id = "r";
  run.started_time = kStored;
  run.labels = {"vision", "first try", {"lab", "pi 4"}};
  run.devices.push_back({"local", "", {RecordedRun::Cell{}}});
  ASSERT_TRUE(theirs.store().RecordRun(run).ok());
  theirs.Store("a", Fp32(), "r");
  ResultsFile mine(folder_.File("mine.db"));
  ASSERT_TRUE(MergeDatabase(mine.path(), theirs.path(), {}, false).ok());
  const db::RunLabels labels = mine.store().Measurements({})->front().labels;
  EXPECT_EQ(labels.name, "vision");
  EXPECT_EQ(labels.note, "first try");
  EXPECT_THAT(labels.tags, ElementsAre("lab", "pi 4"));
  EXPECT_EQ(*mine.store().NewestUnfinishedRun(), "") << "it is not for this user to go on with";
}

TEST_F(MergeOfDatabases, ADamagedFileIsNotMerged) {
  ResultsFile mine(folder_.File("mine.db"));
  const std::string theirs = ClosedFile("theirs.db", 20);
  fs::resize_file(theirs, fs::file_size(theirs) / 2);
  EXPECT_FALSE(MergeDatabase(mine.path(), theirs, {}, false).ok());
  std::ofstream(folder_.File("notes")) << "these are my notes, not a database at all";
  EXPECT_EQ(MergeDatabase(mine.path(), folder_.File("notes"), {}, false).status().code(),
            absl::StatusCode::kDataLoss);
  const std::string newer = ClosedFile("newer.db", 1);
  ResultsFile(newer).Execute("PRAGMA user_version = 999");
  const absl::Status refused = MergeDatabase(mine.path(), newer, {}, false).status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr(absl::StrCat("database ", newer, " has")));
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM measurement"), "0");
  int left = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) left += entry.is_directory();
  EXPECT_EQ(left, 0) << "no temporary folder is left";
}

TEST_F(MergeOfDatabases, AFileIsNotMergedIntoItself) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_EQ(MergeDatabase(path, path, {}, false).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace edgebench::db
