#include "controller/output_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::vector<FolderFile>& Files() {
  static const auto* const files =
      new std::vector<FolderFile>{{"plots/size.svg", "<svg/>"}, {"README.md", "# report\n"}};
  return *files;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

TEST(OutputFolder, IsMadeWithAllItsFilesAndNothingBesideIt) {
  TempDir folder;
  ASSERT_TRUE(WriteFolder(folder.File("report/"), Files()).ok());
  EXPECT_THAT(NamesIn(folder.path()), UnorderedElementsAre("report"));
  EXPECT_THAT(NamesIn(folder.File("report")), UnorderedElementsAre("README.md", "plots"));
  EXPECT_EQ(*ReadFile(folder.File("report/plots/size.svg")), "<svg/>");
  struct stat info;
  ASSERT_EQ(stat(folder.File("report").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0755u);
}

TEST(OutputFolder, MayHaveEveryNameThatTheFileSystemTakes) {
  TempDir folder;
  const std::string name(255, 'n');
  const absl::Status status = WriteFolder(folder.File(name), Files());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(NamesIn(folder.path()), UnorderedElementsAre(name));
}

TEST(OutputFolder, WithFilesInItIsRefusedUnlessAsked) {
  TempDir folder;
  const std::string report = folder.File("report");
  EXPECT_TRUE(CheckOutputFolder("-o", report, false).ok());
  ASSERT_TRUE(MakeDirectories(report).ok());
  EXPECT_TRUE(CheckOutputFolder("-o", report, false).ok()) << "an empty one may be filled";
  ASSERT_TRUE(WriteFileAtomically(report + "/mine.txt", "notes").ok());
  EXPECT_EQ(CheckOutputFolder("-o", report, false).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(CheckOutputFolder("-o", report, true).ok());
}

TEST(OutputFolder, KeepsWhatIsNotItsOwn) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("mine.txt"), "notes").ok());
  ASSERT_TRUE(WriteFileAtomically(folder.File("README.md"), "old").ok());
  ASSERT_TRUE(WriteFolder(folder.path(), Files()).ok());
  EXPECT_EQ(*ReadFile(folder.File("mine.txt")), "notes");
  EXPECT_EQ(*ReadFile(folder.File("README.md")), "# report\n");
}

TEST(OutputFolder, ThatCouldNotBeMadeWholeIsNotThere) {
  TempDir folder;
  const absl::Status status =
      WriteFolder(folder.File("report"), {{"plots", "a file"}, {"plots/size.svg", "<svg/>"}});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(NamesIn(folder.path()), IsEmpty());
}

TEST(OutputFolder, IsNoFile) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("report"), "x").ok());
  EXPECT_EQ(CheckOutputFolder("-o", folder.File("report"), true).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckOutputFolder("-o", folder.File("no/such/folder"), false).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace edgebench::controller
