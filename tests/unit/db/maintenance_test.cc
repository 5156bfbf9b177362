#include "db/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Maintenance : public ::testing::Test {
 protected:
  static v1::JobResult Fp32(int64_t median_ns = 10'000'000, const std::string& host = "laptop") {
    return BenchmarkOf("resnet18", v1::PRECISION_FP32, median_ns, host);
  }

  // A copy as it lies on the disk, closed.
  std::string ClosedFile(const std::string& name, int measurements) {
    ResultsFile file(folder_.File(name));
    for (int i = 0; i < measurements; ++i)
      file.Store(absl::StrCat(name, i), Fp32(), absl::StrCat("run", i));
    return file.path();
  }

  TempDir folder_;
};

// The shares that a call tells of, by step, in the order of the steps.
class Told {
 public:
  StepProgress Listener() {
    return [this](const std::string& step, std::optional<double> done) {
      if (steps_.empty() || steps_.back() != step) steps_.push_back(step);
      if (done) shares_[step].push_back(*done);
    };
  }
  const std::vector<std::string>& steps() const { return steps_; }
  const std::vector<double>& SharesOf(const std::string& step) { return shares_[step]; }

 private:
  std::vector<std::string> steps_;
  std::map<std::string, std::vector<double>> shares_;
};

// Never back, never beyond the whole.
MATCHER(GrowsWithinTheWhole, "") {
  return !arg.empty() && std::is_sorted(arg.begin(), arg.end()) && arg.front() >= 0 &&
         arg.back() <= 1;
}

TEST_F(Maintenance, TellsWhatShareOfACopyIsMade) {
  ResultsFile file(folder_.File("a.db"));
  v1::JobResult large = Fp32();
  for (int i = 0; i < 2'000'000; ++i) large.mutable_latency()->add_measured_ns(10'000'000 + i);
  file.Store("a", large);
  Told told;
  ASSERT_TRUE(BackUpDatabase(file.path(), folder_.File("copy.db"), false, told.Listener()).ok());
  EXPECT_THAT(told.SharesOf(""), AllOf(GrowsWithinTheWhole(), SizeIs(Gt(2))));
  EXPECT_THAT(told.SharesOf(""), Contains(AllOf(Gt(0.3), Lt(0.7))));
}

TEST_F(Maintenance, ACopyIsOfOneMomentThoughOthersWriteMeanwhile) {
  ResultsFile file(folder_.File("a.db"));
  v1::JobResult large = Fp32();
  for (int i = 0; i < 1'000'000; ++i) large.mutable_latency()->add_measured_ns(10'000'000 + i);
  file.Store("a", large);
  int stored = 0;
  const auto write_meanwhile = [&](const std::string&, std::optional<double>) {
    if (stored < 2) file.Store(absl::StrCat("later", ++stored), Fp32());
  };
  ASSERT_TRUE(BackUpDatabase(file.path(), folder_.File("copy.db"), false, write_meanwhile).ok());
  EXPECT_GT(stored, 0);
  EXPECT_EQ(DescribeDatabase(folder_.File("copy.db"))->measurements, 1);
  EXPECT_THAT(*CheckDatabase(folder_.File("copy.db")), IsEmpty());
}

TEST_F(Maintenance, TellsWhatShareOfAMergeIsDone) {
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

TEST_F(Maintenance, TellsWhatShareOfACheckIsDone) {
  const std::string path = ClosedFile("a.db", 4);
  Told told;
  ASSERT_TRUE(CheckDatabase(path, told.Listener()).ok());
  EXPECT_THAT(told.steps(), ElementsAre(StartsWith("its pages, "), "its results"));
  EXPECT_THAT(told.SharesOf("its results"), ElementsAre(0, 0.25, 0.5, 0.75));
}

TEST_F(Maintenance, TellsWhatShareOfAPruningIsDone) {
  const std::string path = ClosedFile("a.db", 450);
  PruneFilter filter;
  filter.models = {"resnet18"};
  Told told;
  ASSERT_TRUE(PruneDatabase(path, filter, false, told.Listener()).ok());
  EXPECT_THAT(told.SharesOf("removing"), AllOf(GrowsWithinTheWhole(), SizeIs(6)));
  EXPECT_THAT(told.steps().back(), StartsWith("shrinking the file, "));
}

TEST_F(Maintenance, DescribesWhatAFileHolds) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32());
  file.Store("b", Fp32(), "run-2", "pi", kStored + absl::Hours(2));
  file.Submit("c");
  const auto info = DescribeDatabase(file.path());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->measurements, 2);
  EXPECT_EQ(info->samples, 42);
  EXPECT_EQ(info->runs, 2);
  EXPECT_EQ(info->pending_jobs, 1);
  EXPECT_THAT(info->devices, ElementsAre("local", "pi"));
  EXPECT_THAT(info->models, ElementsAre("resnet18"));
  EXPECT_EQ(info->first_stored, kStored);
  EXPECT_EQ(info->last_stored, kStored + absl::Hours(2));
  EXPECT_GT(info->file_bytes, 4096);
}

TEST_F(Maintenance, CountsAsMeasurementsWhatCommandsListAsThat) {
  ResultsFile file(folder_.File("a.db"));
  v1::JobResult quantized = Fp32();
  quantized.mutable_settings()->set_kind(v1::JOB_KIND_QUANTIZE);
  quantized.clear_latency();
  for (const char* run : {"r1", "r2"}) {
    for (const char* process : {"a", "b", "c"}) file.Store(absl::StrCat(run, process), Fp32(), run);
    for (const char* job : {"d", "e"}) file.Store(absl::StrCat(run, job), quantized, run);
  }
  const size_t listed = file.store().Measurements({})->size();
  EXPECT_EQ(listed, 6u) << "of each run one of three processes, and two quantized models";
  const auto info = DescribeDatabase(file.path());
  EXPECT_EQ(info->measurements, listed);
  EXPECT_EQ(info->processes, 10);

  PruneFilter filter;
  filter.runs = {"r1"};
  EXPECT_EQ(PruneDatabase(file.path(), filter, true)->measurements, 3);
  EXPECT_EQ(PruneDatabase(file.path(), filter, true)->processes, 5);

  ResultsFile mine(folder_.File("mine.db"));
  mine.Store("r1a", Fp32(), "r1");
  const auto merged = MergeDatabase(mine.path(), file.path(), {}, false);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->measurements, 6) << "of one a process was here already";
  EXPECT_EQ(merged->processes, 9);
  EXPECT_EQ(merged->known, 0);
  EXPECT_EQ(MergeDatabase(mine.path(), file.path(), {}, false)->known, 6);
}

TEST_F(Maintenance, DoesNotMakeAFileThatIsNotThere) {
  const std::string path = folder_.File("none.db");
  EXPECT_EQ(DescribeDatabase(path).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(CheckDatabase(path).status().code(), absl::StatusCode::kNotFound);
  PruneFilter any;
  any.before = kStored;
  EXPECT_EQ(PruneDatabase(path, any, true).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(BackUpDatabase(path, folder_.File("b.db"), false).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Maintenance, FindsASoundFileSound) {
  const std::string path = ClosedFile("a.db", 3);
  const auto faults = CheckDatabase(path);
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_THAT(*faults, IsEmpty());
}

TEST_F(Maintenance, FindsFiguresThatAreNotThoseOfTheirSamples) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32());
  file.Execute("UPDATE cell_result SET median_ns = 1");
  const auto faults = CheckDatabase(file.path());
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_THAT(*faults, ElementsAre("measurement 1: its figures are not those of its samples"));
}

TEST_F(Maintenance, FindsSamplesThatAreNoNumbers) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32());
  file.Execute("UPDATE sample_list SET measured_ns = '[1,\"x\"]'");
  EXPECT_THAT(*CheckDatabase(file.path()), ElementsAre(HasSubstr("no list of whole numbers")));
}

TEST_F(Maintenance, FindsRowsThatReferToNothing) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32());
  file.Execute("PRAGMA foreign_keys = OFF; DELETE FROM device");
  EXPECT_THAT(*CheckDatabase(file.path()), Contains(HasSubstr("refers to a row of device")));
}

TEST_F(Maintenance, FindsPagesThatWereOverwritten) {
  const std::string path = ClosedFile("a.db", 20);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::streamoff>(fs::file_size(path));
  for (std::streamoff page = 4096 * 3; page + 4096 <= size; page += 4096 * 2) {
    file.seekp(page + 64);
    file << std::string(512, '\x7f');
  }
  file.close();
  const auto faults = CheckDatabase(path);
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_THAT(*faults, testing::Not(IsEmpty()));
}

TEST_F(Maintenance, SaysOfATruncatedFileThatItIsDamaged) {
  const std::string path = ClosedFile("a.db", 20);
  fs::resize_file(path, fs::file_size(path) / 2);
  const auto faults = CheckDatabase(path);
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_THAT(*faults, testing::Not(IsEmpty()));
}

TEST_F(Maintenance, CopiesAFileThatIsInUse) {
  ResultsFile file(folder_.File("a.db"));
  file.Store("a", Fp32());
  ASSERT_TRUE(BackUpDatabase(file.path(), folder_.File("copy.db"), false).ok());
  file.Store("b", Fp32(), "run-2");
  EXPECT_EQ(DescribeDatabase(folder_.File("copy.db"))->measurements, 1);
  EXPECT_EQ(BackUpDatabase(file.path(), folder_.File("copy.db"), false).code(),
            absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(BackUpDatabase(file.path(), folder_.File("copy.db"), true).ok());
  EXPECT_EQ(DescribeDatabase(folder_.File("copy.db"))->measurements, 2);
  EXPECT_THAT(*CheckDatabase(folder_.File("copy.db")), IsEmpty());
}

TEST_F(Maintenance, ACopyMayHaveEveryNameThatADatabaseCanBeUsedUnder) {
  const std::string path = ClosedFile("a.db", 1);
  const std::string longest = folder_.File(std::string(251, 'n'));
  ASSERT_TRUE(BackUpDatabase(path, longest, false).ok());
  EXPECT_EQ(MergeDatabase(longest, path, {}, false)->known, 1);
  const std::string too_long = folder_.File(std::string(252, 'n'));
  const absl::Status refused = BackUpDatabase(path, too_long, false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("shorten it"));
  EXPECT_FALSE(fs::exists(too_long));
  EXPECT_EQ(ResultStore::Open(too_long).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Maintenance, DoesNotCopyAFileOntoItself) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_EQ(BackUpDatabase(path, path, true).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DescribeDatabase(path)->measurements, 1);
}

TEST_F(Maintenance, AFolderThatCannotBeWrittenLeavesNothingBehind) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_FALSE(BackUpDatabase(path, folder_.File("no/such/copy.db"), false).ok());
  EXPECT_FALSE(fs::exists(folder_.File("no")));
}

TEST_F(Maintenance, MergesWhatIsNewOnce) {
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

TEST_F(Maintenance, AMergedResultIsReadAsTheOneThatWasStored) {
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

TEST_F(Maintenance, ADeviceThatIsAnotherMachineMustBeRenamed) {
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

TEST_F(Maintenance, ARenamingOfNoDeviceIsRefused) {
  ResultsFile mine(folder_.File("mine.db"));
  const std::string theirs = ClosedFile("theirs.db", 1);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {{"loca", "anna"}}, false).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {{"local", "an/na"}}, false).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Maintenance, SaysWhatAMergeWouldBring) {
  ResultsFile mine(folder_.File("mine.db"));
  const std::string theirs = ClosedFile("theirs.db", 2);
  EXPECT_EQ(MergeDatabase(mine.path(), theirs, {}, true)->measurements, 2);
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM measurement"), "0");
}

TEST_F(Maintenance, AJobThatWasCopiedWhileItRanGetsItsEnd) {
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

TEST_F(Maintenance, JobsWithoutAResultStayWhereTheyWere) {
  ResultsFile theirs(folder_.File("theirs.db"));
  theirs.Store("a", Fp32());
  theirs.Submit("b");
  ResultsFile mine(folder_.File("mine.db"));
  EXPECT_EQ(MergeDatabase(mine.path(), theirs.path(), {}, false)->pending, 1);
  EXPECT_EQ(mine.Ask("SELECT count(*) FROM job"), "1");
}

TEST_F(Maintenance, ARunIsMergedWithItsLabelsAndWithoutWhatItLeftUndone) {
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

TEST_F(Maintenance, ADamagedFileIsNotMerged) {
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

TEST_F(Maintenance, AFileIsNotMergedIntoItself) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_EQ(MergeDatabase(path, path, {}, false).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(Maintenance, PrunesWhatANewerRunHasAnswered) {
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

TEST_F(Maintenance, PruningKeepsAGroupOfProcessesWhole) {
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

TEST_F(Maintenance, PrunesWhatFailedOfOneDevice) {
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

TEST_F(Maintenance, WhatTheAgentDoesNotKnowToBeStoredIsNotPruned) {
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

TEST_F(Maintenance, PruningWithoutAConditionIsRefused) {
  const std::string path = ClosedFile("a.db", 1);
  EXPECT_EQ(PruneDatabase(path, {}, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Maintenance, PruningShrinksTheFile) {
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
