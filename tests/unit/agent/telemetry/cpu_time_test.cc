#include "agent/telemetry/cpu_time.h"

#include <gtest/gtest.h>

#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTicks = 100;
constexpr char kStat[] =
    "cpu  50 10 25 400 16 5 8 6 3 0\n"
    "cpu0 30 5 15 200 8 2 4 4 3 0\n"
    "cpu1 20 5 10 200 8 3 4 2 0 0\n"
    "intr 99 0 0\nctxt 1\n";

CpuTimes Times(int64_t at, int64_t busy, int64_t worker, int64_t total, int64_t steal = 0) {
  CpuTimes times;
  times.at_nanos = at;
  times.cores = 4;
  times.busy_ticks = busy;
  times.worker_ticks = worker;
  times.total_ticks = total;
  times.steal_ticks = steal;
  return times;
}

TEST(CpuTime, AddsUpTheProcessorsThatTheWorkerMayUse) {
  const char* const worker = "7 (w) R 1 1 1 0 -1 4 9 0 0 0 11 4 0 0";
  const CpuTimes all = ParseCpuTimes(5, kStat, worker, {});
  EXPECT_EQ(all.at_nanos, 5);
  EXPECT_EQ(all.cores, 2);
  EXPECT_EQ(all.busy_ticks, 98) << "guests' time is part of user's";
  EXPECT_EQ(all.steal_ticks, 6);
  EXPECT_EQ(all.total_ticks, 98 + 416 + 6);
  EXPECT_EQ(all.worker_ticks, 15);
  const CpuTimes one = ParseCpuTimes(5, kStat, worker, {1});
  EXPECT_EQ(one.cores, 1);
  EXPECT_EQ(one.busy_ticks, 42);
}

TEST(CpuTime, IsUnknownWhereThereIsNoText) {
  const CpuTimes times = ParseCpuTimes(0, "", "", {});
  EXPECT_FALSE(times.busy_ticks || times.total_ticks || times.steal_ticks || times.worker_ticks);
}

TEST(CpuUse, TellsOthersFromTheWorkerInCores) {
  const v1::CpuUse use =
      UseBetween(Times(0, 1000, 500, 9000), Times(2 * kSecond, 1600, 900, 9800, 20), kTicks);
  EXPECT_EQ(use.duration_ns(), 2 * kSecond);
  EXPECT_EQ(use.cores(), 4);
  EXPECT_DOUBLE_EQ(use.worker(), 2.0);
  EXPECT_DOUBLE_EQ(use.others(), 1.0);
  EXPECT_DOUBLE_EQ(use.stolen(), 0.1);
  EXPECT_DOUBLE_EQ(use.resolution(), 0.025) << "five counts may be off by a tick each";
}

TEST(CpuUse, AWorkerThatWasCountedFinerLeavesNoNegativeRest) {
  const v1::CpuUse use =
      UseBetween(Times(0, 1000, 500, 9000), Times(kSecond, 1100, 601, 9400), kTicks);
  EXPECT_TRUE(use.has_others());
  EXPECT_DOUBLE_EQ(use.others(), 0);
}

TEST(CpuUse, ACounterThatWentBackwardsTellsNothing) {
  const v1::CpuUse wrapped =
      UseBetween(Times(0, 1000, 500, 9000), Times(kSecond, 900, 600, 9400), kTicks);
  EXPECT_FALSE(wrapped.has_others());
  EXPECT_TRUE(wrapped.has_worker());
  CpuTimes fewer = Times(kSecond, 1100, 600, 9400);
  fewer.cores = 3;
  EXPECT_FALSE(UseBetween(Times(0, 1000, 500, 9000), fewer, kTicks).has_others())
      << "a processor went offline";
}

TEST(CpuUse, AKernelThatCountsNoTimeIsNoQuietOne) {
  const v1::CpuUse use = UseBetween(Times(0, 0, 0, 0), Times(kSecond, 0, 0, 0), kTicks);
  EXPECT_FALSE(use.has_others() || use.has_worker() || use.has_stolen());
}

TEST(CpuTimeReader, CountsTheProcessorsOfTheWorkersMask) {
  DeviceTree tree;
  tree.WriteStat(4, {.user = 10, .idle = 90, .steal = 1});
  tree.WriteProcess(42, {.user_ticks = 3, .system_ticks = 1, .cpus = "1-2"});
  CpuTimeReader reader(tree.root(), 42);
  EXPECT_EQ(reader.Read(0).cores, 2);
  EXPECT_EQ(reader.Read(0).busy_ticks, 20);
  EXPECT_EQ(reader.Read(0).worker_ticks, 4);
}

}  // namespace
}  // namespace edgebench::agent
