#include "controller/calibration_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/worker/files/tar.h"
#include "common/digest.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

void Write(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  ASSERT_TRUE(WriteFileAtomically(path, content).ok()) << path;
}

// What a program of others, here tar, says: the lines it prints.
std::vector<std::string> Lines(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 256> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  EXPECT_EQ(pclose(pipe), 0) << command;
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

std::string MessageOf(const std::string& folder) {
  const auto packed = PackCalibrationFolder(folder);
  EXPECT_EQ(packed.status().code(), absl::StatusCode::kInvalidArgument) << packed.status();
  return std::string(packed.status().message());
}

TEST(CalibrationFolder, BecomesATarFileOfWhatCanBeUsedInSortedOrder) {
  const TempDir folder;
  Write(folder.File("dogs/b.JPG"), "second");
  Write(folder.File("dogs/a.png"), "first");
  Write(folder.File("dogs/below/c.jpeg"), "third");
  Write(folder.File("dogs/labels.txt"), "not an image");
  Write(folder.File("dogs/.hidden.png"), "hidden");
  Write(folder.File("dogs/.cache/d.png"), "in a hidden folder");
  const auto packed = PackCalibrationFolder(folder.File("dogs/"));
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->name(), "dogs");
  EXPECT_EQ(packed->files(), 3);
  EXPECT_THAT(Lines("tar -tf " + packed->path()), ElementsAre("a.png", "b.JPG", "below/c.jpeg"));
  EXPECT_THAT(Lines("tar -xOf " + packed->path() + " b.JPG"), ElementsAre("second"));
}

TEST(CalibrationFolder, IsReadBackByTheWorker) {
  const TempDir folder;
  const std::string long_name = absl::StrCat("Hündin ", std::string(200, 'x'), ".npy");
  Write(folder.File(long_name), "first");
  Write(folder.File("below/z.npy"), std::string(100'000, 'z'));
  const auto packed = PackCalibrationFolder(folder.path());
  ASSERT_TRUE(packed.ok()) << packed.status();
  const auto members = worker::ListTar(packed->path());
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 2);
  EXPECT_EQ(members->at(0).name, long_name);
  EXPECT_EQ(*members->at(0).content.Start(100), "first");
  EXPECT_EQ(members->at(1).name, "below/z.npy");
  EXPECT_EQ(members->at(1).content.size(), 100'000);
}

TEST(CalibrationFolder, HasTheSameBytesWheneverAndWhereverItWasWritten) {
  const TempDir folder;
  const std::string long_name = absl::StrCat("Hündin ", std::string(200, 'x'), ".npy");
  for (const char* copy : {"one", "two"}) {
    Write(absl::StrCat(folder.File(copy), "/", long_name), "tensor");
    Write(absl::StrCat(folder.File(copy), "/z.npy"), std::string(100'000, 'z'));
  }
  chmod(folder.File("two/z.npy").c_str(), 0600);
  fs::last_write_time(folder.File("two/z.npy"), fs::file_time_type::min());
  const auto one = PackCalibrationFolder(folder.File("one"));
  const auto two = PackCalibrationFolder(folder.File("two"));
  ASSERT_TRUE(one.ok() && two.ok()) << one.status() << two.status();
  EXPECT_EQ(DigestFile(one->path())->sha256(), DigestFile(two->path())->sha256());
  EXPECT_THAT(Lines("tar --quoting-style=literal -tf " + one->path()),
              ElementsAre(long_name, "z.npy"));
}

TEST(CalibrationFolder, FollowsLinksToFilesOnly) {
  const TempDir folder;
  Write(folder.File("elsewhere/a.png"), "linked");
  fs::create_directories(folder.File("dogs"));
  fs::create_symlink(folder.File("elsewhere/a.png"), folder.File("dogs/link.png"));
  fs::create_directory_symlink(folder.File("elsewhere"), folder.File("dogs/folder"));
  fs::create_symlink(folder.File("nowhere"), folder.File("dogs/dangling.png"));
  ASSERT_EQ(mkfifo(folder.File("dogs/pipe.png").c_str(), 0600), 0);
  const auto packed = PackCalibrationFolder(folder.File("dogs"));
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_THAT(Lines("tar -tf " + packed->path()), ElementsAre("link.png"));
  EXPECT_THAT(Lines("tar -xOf " + packed->path()), ElementsAre("linked"));
}

TEST(CalibrationFolder, LeavesNoFileBehindWhenItGoes) {
  const TempDir folder;
  Write(folder.File("a.pt"), "tensor");
  std::string path;
  {
    auto packed = PackCalibrationFolder(folder.path());
    ASSERT_TRUE(packed.ok()) << packed.status();
    path = packed->path();
    const PackedFolder moved = *std::move(packed);
    EXPECT_EQ(moved.path(), path);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(CalibrationFolder, ThatHoldsNothingUsableSaysWhatItHoldsAndWhatIsExpected) {
  const TempDir folder;
  EXPECT_THAT(MessageOf(folder.path()), AllOf(HasSubstr(folder.path()), HasSubstr("found no files"),
                                              HasSubstr(".jpg"), HasSubstr(".safetensors")));
  Write(folder.File("a.WEBP"), "");
  Write(folder.File("b.webp"), "");
  Write(folder.File("README"), "");
  EXPECT_THAT(MessageOf(folder.path()), HasSubstr("found 2 with .webp, 1 with no ending"));
}

TEST(CalibrationFolder, WithImagesAndTensorsIsRefusedNamingOneOfEach) {
  const TempDir folder;
  Write(folder.File("a.png"), "");
  Write(folder.File("b.npy"), "");
  EXPECT_THAT(MessageOf(folder.path()),
              AllOf(HasSubstr(folder.File("a.png")), HasSubstr(folder.File("b.npy"))));
}

TEST(CalibrationFolder, ThatIsNoneIsRefused) {
  const TempDir folder;
  EXPECT_THAT(MessageOf(folder.File("nowhere")), HasSubstr("nowhere is no folder"));
  Write(folder.File("a.png"), "");
  EXPECT_THAT(MessageOf(folder.File("a.png")), HasSubstr("a.png is no folder"));
}

TEST(CalibrationFolder, AboveTheLimitIsRefusedBeforeAnythingIsWritten) {
  const TempDir folder;
  Write(folder.File("a.npy"), "");
  // Sparse: takes no room.
  ASSERT_EQ(truncate(folder.File("a.npy").c_str(), kMaxCalibrationFolderBytes + 1), 0);
  EXPECT_THAT(MessageOf(folder.path()), AllOf(HasSubstr(folder.path()), HasSubstr("the limit is")));
}

// Root reads everything.
class AsNobody {
 public:
  AsNobody() {
    if (getuid() == 0) Become(kNobody);
  }
  ~AsNobody() {
    if (getuid() == 0) Become(0);
  }

 private:
  static constexpr uid_t kNobody = 65534;
  static void Become(uid_t user) { EXPECT_EQ(seteuid(user), 0); }
};

TEST(CalibrationFolder, WithAFileThatCannotBeReadNamesIt) {
  const TempDir folder;
  Write(folder.File("a.npy"), "");
  chmod(folder.path().c_str(), 0755);
  chmod(folder.File("a.npy").c_str(), 0);
  const AsNobody reader;
  const auto packed = PackCalibrationFolder(folder.path());
  EXPECT_EQ(packed.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(packed.status().message()), HasSubstr("a.npy"));
}

}  // namespace
}  // namespace edgebench::controller
