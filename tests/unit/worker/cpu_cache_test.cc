#include "agent/worker/profile/cpu_cache.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::worker {
namespace {

namespace fs = std::filesystem;

// Trees as Documentation/ABI/testing/sysfs-devices-system-cpu of the kernel describes them.
class CpuCache : public ::testing::Test {
 protected:
  void Put(int cpu, int index, const std::string& level, const std::string& type,
           const std::string& size, const std::string& shared) {
    const std::string folder = FolderOf(cpu, index);
    fs::create_directories(folder);
    ASSERT_TRUE(WriteFileAtomically(folder + "/level", level + "\n").ok());
    ASSERT_TRUE(WriteFileAtomically(folder + "/type", type + "\n").ok());
    ASSERT_TRUE(WriteFileAtomically(folder + "/size", size + "\n").ok());
    ASSERT_TRUE(WriteFileAtomically(folder + "/shared_cpu_list", shared + "\n").ok());
  }

  std::string FolderOf(int cpu, int index) const {
    return absl::StrCat(root_.path(), "/sys/devices/system/cpu/cpu", cpu, "/cache/index", index);
  }

  std::optional<int64_t> Bytes() const { return LastLevelCacheBytes(root_.path()); }

  TempDir root_;
};

TEST_F(CpuCache, AddsUpTheLastLevelOfTwoSockets) {
  for (int cpu = 0; cpu < 4; ++cpu) {
    Put(cpu, 0, "1", "Data", "32K", absl::StrCat(cpu));
    Put(cpu, 1, "1", "Instruction", "32K", absl::StrCat(cpu));
    Put(cpu, 2, "2", "Unified", "1024K", absl::StrCat(cpu));
    Put(cpu, 3, "3", "Unified", "36608K", cpu < 2 ? "0-1" : "2-3");
  }
  EXPECT_EQ(Bytes(), 2 * 36608 * 1024);
}

TEST_F(CpuCache, TakesTheSecondLevelWhereThereIsNoThird) {
  for (int cpu = 0; cpu < 4; ++cpu) {
    Put(cpu, 0, "1", "Data", "32K", absl::StrCat(cpu));
    Put(cpu, 2, "2", "Unified", "1M", "0-3");
  }
  EXPECT_EQ(Bytes(), 1 << 20);
}

TEST_F(CpuCache, IsUnknownWhereTheKernelTellsOfNone) {
  EXPECT_EQ(Bytes(), std::nullopt);
  fs::create_directories(root_.File("sys/devices/system/cpu/cpu0"));
  fs::create_directories(root_.File("sys/devices/system/cpu/cpufreq"));
  EXPECT_EQ(Bytes(), std::nullopt);
}

TEST_F(CpuCache, PassesOverWhatCannotBeReadOrIsNoSize) {
  Put(0, 0, "1", "Data", "48K", "0");
  Put(0, 2, "2", "Unified", "0", "0");
  Put(0, 3, "3", "Unified", "much", "0");
  Put(0, 4, "4", "Unified", "1K", "0");
  fs::remove(FolderOf(0, 4) + "/size");
  fs::create_directory(FolderOf(0, 4) + "/size");
  EXPECT_EQ(Bytes(), 48 * 1024);
}

}  // namespace
}  // namespace edgebench::worker
