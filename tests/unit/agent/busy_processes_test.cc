#include "agent/diagnosis/busy_processes.h"

#include <gmock/gmock.h>

#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kSecond = 1'000'000'000;

std::vector<std::string> Names(const std::vector<BusyProcess>& busy) {
  std::vector<std::string> names;
  for (const BusyProcess& process : busy) names.push_back(process.name);
  return names;
}

TEST(BusyProcesses, AreThoseThatUsedTheProcessorMeanwhile) {
  DeviceTree tree;
  tree.WriteProcess(1, {.name = "init", .user_ticks = 9000});
  tree.WriteProcess(50, {.name = "cc1plus", .user_ticks = 10});
  tree.WriteProcess(51, {.name = "ended", .user_ticks = 10});
  tree.WriteProcess(60, {.name = "agent", .user_ticks = 0});
  const ProcessTimes before = ReadProcessTimes(tree.root(), 0);
  tree.WriteProcess(50, {.name = "cc1plus", .user_ticks = 100, .system_ticks = 8});
  tree.WriteProcess(60, {.name = "agent", .user_ticks = 90});
  tree.WriteProcess(70, {.name = "new one", .user_ticks = 30});
  tree.Remove("/proc/51");
  const ProcessTimes after = ReadProcessTimes(tree.root(), kSecond);
  const auto busy = BusiestBetween(before, after, 100, /*agent=*/60, 3);
  ASSERT_THAT(Names(busy), ElementsAre("cc1plus", "new one"));
  EXPECT_DOUBLE_EQ(busy[0].cores, 0.98);
  EXPECT_EQ(busy[0].pid, 50);
  EXPECT_THAT(Names(BusiestBetween(before, after, 100, 60, 1)), ElementsAre("cc1plus"));
}

TEST(BusyProcesses, AreNotTheWorkersOfTheAgent) {
  DeviceTree tree;
  tree.WriteProcess(50, {.name = "neighbour", .user_ticks = 0});
  tree.WriteProcess(61, {.name = "waiting", .user_ticks = 40, .parent = 60});
  const ProcessTimes before = ReadProcessTimes(tree.root(), 0);
  tree.WriteProcess(50, {.name = "neighbour", .user_ticks = 20});
  tree.WriteProcess(61, {.name = "waiting", .user_ticks = 45, .parent = 60});
  tree.WriteProcess(62, {.name = "started", .user_ticks = 70, .system_ticks = 5, .parent = 60});
  const ProcessTimes after = ReadProcessTimes(tree.root(), kSecond);
  EXPECT_THAT(Names(BusiestBetween(before, after, 100, /*agent=*/60, 3)), ElementsAre("neighbour"));
  EXPECT_DOUBLE_EQ(CoresOfChildren(before, after, 100, /*agent=*/60), 0.80);
  EXPECT_DOUBLE_EQ(CoresOfChildren(before, after, 100, /*agent=*/1), 0.20);
  EXPECT_DOUBLE_EQ(CoresOfChildren(before, before, 100, /*agent=*/60), 0);
}

TEST(BusyProcesses, AreNoneWhereNothingCanBeRead) {
  EXPECT_TRUE(ReadProcessTimes("/nowhere", 0).processes.empty());
  EXPECT_TRUE(BusiestBetween({}, {}, 100, 0, 3).empty());
}

}  // namespace
}  // namespace edgebench::agent
