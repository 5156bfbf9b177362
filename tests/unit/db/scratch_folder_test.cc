#include "db/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "db/maintenance.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::KilledBySignal;
using ::testing::SizeIs;

class ScratchFolders : public ::testing::Test {
 protected:
  std::vector<std::string> Left() const {
    std::vector<std::string> folders;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      if (entry.is_directory()) folders.push_back(entry.path().filename().string());
    return folders;
  }
  std::string Filled(const std::string& name, int processes) {
    ResultsFile file(folder_.File(name));
    for (int i = 0; i < processes; ++i) {
      file.Store(absl::StrCat(name, i), BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000),
                 absl::StrCat("run", i));
    }
    return file.path();
  }

  TempDir folder_;
};

TEST_F(ScratchFolders, GoWithTheirOwner) {
  {
    const auto scratch = ScratchFolder::Beside(folder_.File("a.db"));
    ASSERT_TRUE(scratch.ok()) << scratch.status();
    EXPECT_TRUE(fs::is_directory((*scratch)->path()));
    EXPECT_EQ(fs::path((*scratch)->path()).parent_path(), folder_.path());
  }
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(ScratchFolders, OfAMergeThatWasKilledGoWithTheNextOne) {
  const std::string mine = Filled("mine.db", 1), theirs = Filled("theirs.db", 3);
  EXPECT_EXIT(MergeDatabase(mine, theirs, {}, false,
                            [](const std::string& step, std::optional<double>) {
                              if (step == "taking over its results") raise(SIGKILL);
                            })
                  .status()
                  .IgnoreError(),
              KilledBySignal(SIGKILL), "");
  ASSERT_THAT(Left(), SizeIs(1)) << "or there is nothing to be removed";
  const auto merged = MergeDatabase(mine, theirs, {}, false);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->measurements, 3);
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(ScratchFolders, OfAMergeThatRunsAreLeftToIt) {
  const std::string mine = Filled("mine.db", 1), theirs = Filled("theirs.db", 3);
  const std::string other = Filled("other.db", 1);
  std::vector<std::string> before, after;
  const auto merged =
      MergeDatabase(mine, theirs, {}, false, [&](const std::string&, std::optional<double>) {
        if (!before.empty()) return;
        before = Left();
        EXPECT_TRUE(MergeDatabase(other, theirs, {}, false).ok());
        after = Left();
      });
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->measurements, 3);
  EXPECT_THAT(before, SizeIs(1));
  EXPECT_EQ(after, before);
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(ScratchFolders, AreToldFromWhatAUserKeepsBesideTheDatabase) {
  for (const char* name : {"a.db.merge-abcdef", ".edgebench"})
    fs::create_directory(folder_.File(name));
  ScratchFolder::RemoveAbandoned(folder_.File("a.db"));
  EXPECT_THAT(Left(), testing::UnorderedElementsAre("a.db.merge-abcdef", ".edgebench"));
}

}  // namespace
}  // namespace edgebench::db
