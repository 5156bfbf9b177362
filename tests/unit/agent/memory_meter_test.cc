#include "agent/memory_meter.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

constexpr int64_t kMiB = 1 << 20;

class MemoryMeterTest : public ::testing::Test {
 protected:
  MemoryMeterTest() { std::filesystem::create_directories(root_.File("proc/7")); }

  std::optional<MemoryUse> Read(const std::string& status) {
    std::ofstream(root_.File("proc/7/status")) << status;
    return meter_.Read(7);
  }

  TempDir root_;
  ProcMemoryMeter meter_{root_.path()};
};

TEST_F(MemoryMeterTest, AddsWhatIsResidentAndWhatIsSwapped) {
  const auto use = Read("Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t  100 kB\nVmSwap:\t   20 kB\n");
  ASSERT_TRUE(use.has_value());
  EXPECT_EQ(use->now_bytes, 120 * 1024);
  EXPECT_EQ(use->mark_bytes, 999 * 1024);
}

TEST_F(MemoryMeterTest, LeavesTheMarkUnknownWhereTheKernelHasNone) {
  const auto use = Read("VmRSS:\t  100 kB\n");
  ASSERT_TRUE(use.has_value());
  EXPECT_EQ(use->now_bytes, 100 * 1024);
  EXPECT_EQ(use->mark_bytes, 0);
}

TEST_F(MemoryMeterTest, KnowsNothingOfAZombie) {
  EXPECT_FALSE(Read("Name:\tx\nState:\tZ (zombie)\n").has_value());
}

TEST_F(MemoryMeterTest, KnowsNothingOfAProcessThatIsGone) {
  EXPECT_FALSE(meter_.Read(7).has_value());
}

TEST_F(MemoryMeterTest, ResetsTheMarkThroughClearRefs) {
  std::ofstream(root_.File("proc/7/clear_refs")) << "";
  meter_.ResetMark(7);
  EXPECT_EQ(ReadFile(root_.File("proc/7/clear_refs")).value_or(""), "5");
}

TEST_F(MemoryMeterTest, LeavesTheMarkWhereItCannotBeReset) {
  meter_.ResetMark(7);
  EXPECT_FALSE(std::filesystem::exists(root_.File("proc/7/clear_refs")));
}

// A peak that is over before anybody looks.
TEST(MemoryMeterOfARealProcess, ShowsAPeakUntilTheMarkIsReset) {
  ProcMemoryMeter meter;
  constexpr size_t kSize = 64 * kMiB;
  void* const block =
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  memset(block, 1, kSize);
  ASSERT_EQ(munmap(block, kSize), 0);
  const auto after_peak = meter.Read(getpid());
  ASSERT_TRUE(after_peak.has_value());
  EXPECT_GT(after_peak->now_bytes, kMiB / 8);
  EXPECT_GT(after_peak->mark_bytes, after_peak->now_bytes + 32 * kMiB);
  if (access("/proc/self/clear_refs", W_OK) != 0) GTEST_SKIP() << "the mark cannot be reset here";
  meter.ResetMark(getpid());
  EXPECT_LT(meter.Read(getpid())->mark_bytes, after_peak->mark_bytes - 32 * kMiB);
}

}  // namespace
}  // namespace edgebench::agent
