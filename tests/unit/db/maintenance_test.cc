#include "db/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/db/maintenance_fixture.h"

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

TEST_F(Maintenance, TellsWhatShareOfACheckIsDone) {
  const std::string path = ClosedFile("a.db", 4);
  Told told;
  ASSERT_TRUE(CheckDatabase(path, told.Listener()).ok());
  EXPECT_THAT(told.steps(), ElementsAre(StartsWith("its pages, "), "its results"));
  EXPECT_THAT(told.SharesOf("its results"), ElementsAre(0, 0.25, 0.5, 0.75));
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

}  // namespace
}  // namespace edgebench::db
