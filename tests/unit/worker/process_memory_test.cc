#include "agent/worker/process_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

TEST(ProcessMemory, ReadsPeakAndSwapInBytes) {
  FakeProc proc;
  ASSERT_TRUE(
      proc.WriteStatus("Name:\tx\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB\nVmSwap:\t       7 kB\n"));
  const ProcessMemory memory(proc.root());
  EXPECT_EQ(memory.PeakResidentBytes(), 12345 * 1024);
  EXPECT_EQ(memory.SwappedBytes(), 7 * 1024);
}

TEST(ProcessMemory, ReadsThePagesSwappedOut) {
  FakeProc proc;
  ASSERT_TRUE(proc.WriteVmstat("pswpin 1\npswpout 42\npgalloc 3\n"));
  EXPECT_EQ(ProcessMemory(proc.root()).SystemPagesSwappedOut(), 42);
}

TEST(ProcessMemory, KnowsNothingWhereTheKernelTellsNothing) {
  FakeProc proc;
  ASSERT_TRUE(proc.WriteStatus("Name:\tx\nVmHWM:\tmany kB\n"));
  ProcessMemory memory(proc.root());
  EXPECT_FALSE(memory.PeakResidentBytes().has_value());
  EXPECT_FALSE(memory.SwappedBytes().has_value());
  EXPECT_FALSE(memory.SystemPagesSwappedOut().has_value());
  EXPECT_FALSE(memory.ResetPeak());
}

TEST(ProcessMemory, SeesARealAllocationAndForgetsItAfterAReset) {
  constexpr size_t kBytes = 64 << 20;
  ProcessMemory memory;
  if (!memory.ResetPeak()) GTEST_SKIP() << "this kernel has no clear_refs";
  const int64_t before = *memory.PeakResidentBytes();
  // Mapped, not allocated: an allocator, above all a sanitizer's, may keep what is freed.
  void* const block =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, kBytes);
  EXPECT_GE(*memory.PeakResidentBytes(), before + static_cast<int64_t>(kBytes) * 9 / 10);
  ASSERT_EQ(munmap(block, kBytes), 0);
  ASSERT_TRUE(memory.ResetPeak());
  EXPECT_LT(*memory.PeakResidentBytes(), before + static_cast<int64_t>(kBytes) / 2);
}

}  // namespace
}  // namespace edgebench::worker
