#include "common/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/temp_dir.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

int FilesIn(const std::string& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(UniqueFd, ClosesWhatItOwns) {
  int fd = -1;
  {
    UniqueFd owner(open("/dev/null", O_RDONLY | O_CLOEXEC));
    fd = owner.get();
    EXPECT_TRUE(IsOpen(fd));
  }
  EXPECT_FALSE(IsOpen(fd));
}

TEST(UniqueFd, GivesItAwayWhenMoved) {
  UniqueFd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fd = first.get();
  UniqueFd second;
  second = std::move(first);
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(second.get(), fd);
  EXPECT_TRUE(IsOpen(fd));
}

TEST(UniqueFd, ReleaseLeavesItOpen) {
  UniqueFd owner(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fd = owner.Release();
  EXPECT_FALSE(owner.valid());
  EXPECT_TRUE(IsOpen(fd));
  close(fd);
}

TEST(ErrnoStatus, ChoosesTheCodeAndNamesTheThing) {
  EXPECT_EQ(ErrnoStatus(ENOENT, "x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrnoStatus(EACCES, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrnoStatus(EPERM, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrnoStatus(ENOSPC, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrnoStatus(EMFILE, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrnoStatus(EEXIST, "x").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrnoStatus(EIO, "x").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrnoStatus(ENOENT, "cannot open a.pt").message(),
            "cannot open a.pt: No such file or directory");
}

TEST(ReadFile, ReturnsWhatWasWritten) {
  TempDir folder;
  std::string content(200'000, 'x');
  content[100'000] = '\0';
  ASSERT_TRUE(WriteFileAtomically(folder.File("a"), content).ok());
  const auto read = ReadFile(folder.File("a"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, content);
}

TEST(ReadFile, NamesAFileThatIsNotThere) {
  TempDir folder;
  const auto read = ReadFile(folder.File("gone"));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(folder.File("gone")));
}

TEST(ReadFile, EndsWhereThereIsMoreThanIsWanted) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("a"), "12345").ok());
  EXPECT_EQ(*ReadFile(folder.File("a"), 5), "12345");
  EXPECT_EQ(ReadFile(folder.File("a"), 4).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReadFile("/dev/zero", 1 << 20).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(WriteAll, SaysThatTheDiskIsFull) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  const absl::Status status = WriteAll(full.get(), "content", "model.pt");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "model.pt: No space left on device");
}

TEST(RenameWithoutReplacing, MovesAFile) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("a"), "content").ok());
  ASSERT_TRUE(RenameWithoutReplacing(folder.File("a"), folder.File("b")).ok());
  EXPECT_EQ(*ReadFile(folder.File("b")), "content");
  EXPECT_EQ(FilesIn(folder.path()), 1);
}

TEST(RenameWithoutReplacing, LeavesBothFilesWhenOneIsThere) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("a"), "new").ok());
  ASSERT_TRUE(WriteFileAtomically(folder.File("b"), "old").ok());
  const absl::Status status = RenameWithoutReplacing(folder.File("a"), folder.File("b"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*ReadFile(folder.File("a")), "new");
  EXPECT_EQ(*ReadFile(folder.File("b")), "old");
}

TEST(WriteFileAtomically, ReplacesAndSetsTheMode) {
  TempDir folder;
  const std::string path = folder.File("config");
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "new", 0600).ok());
  EXPECT_EQ(*ReadFile(path), "new");
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST(WriteFileAtomically, TakesEveryNameThatTheFileSystemTakes) {
  TempDir folder;
  const std::string path = folder.File(std::string(255, 'n'));
  const absl::Status status = WriteFileAtomically(path, "content");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(*ReadFile(path), "content");
  EXPECT_EQ(FilesIn(folder.path()), 1);
}

TEST(WriteFileAtomically, LeavesNothingBehindWhenItFails) {
  TempDir folder;
  const std::string target = folder.File("folder");
  ASSERT_TRUE(MakeDirectories(target + "/inside").ok());
  EXPECT_FALSE(WriteFileAtomically(target, "content").ok());  // a file cannot replace a folder
  EXPECT_EQ(FilesIn(folder.path()), 1);
}

TEST(WriteFileAtomically, NamesAFolderThatIsNotThere) {
  TempDir folder;
  const absl::Status status = WriteFileAtomically(folder.File("gone/file"), "content");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.File("gone/file")));
}

TEST(ParentOf, IsTheFolderAsItIsWritten) {
  EXPECT_EQ(ParentOf("/a/b"), "/a");
  EXPECT_EQ(ParentOf("/b"), "/");
  EXPECT_EQ(ParentOf("a/b"), "a");
  EXPECT_EQ(ParentOf("b"), ".");
}

TEST(SyncFolder, IsContentWhereAFolderCannotBeSynced) {
  EXPECT_TRUE(SyncFolder("/proc").ok()) << "fsync answers EINVAL there";
  EXPECT_EQ(SyncFolder("/proc/nonexistent").code(), absl::StatusCode::kNotFound);
}

TEST(MakeDirectories, MakesAllThatAreMissing) {
  TempDir folder;
  ASSERT_TRUE(MakeDirectories(folder.File("a/b/c")).ok());
  EXPECT_TRUE(std::filesystem::is_directory(folder.File("a/b/c")));
  EXPECT_TRUE(MakeDirectories(folder.File("a/b/c/")).ok()) << "what is there is no error";
}

TEST(MakeDirectories, SaysWhichPartIsAFile) {
  TempDir folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("a"), "").ok());
  const absl::Status status = MakeDirectories(folder.File("a/b"));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.File("a")));
}

}  // namespace
}  // namespace edgebench
