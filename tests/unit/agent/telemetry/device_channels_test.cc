#include "agent/telemetry/device_channels.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "agent/telemetry/rate.h"
#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int kWorker = 42;

std::vector<std::string> Names(const std::vector<std::unique_ptr<ChannelSource>>& sources) {
  std::vector<std::string> names;
  for (const auto& source : sources)
    for (const auto& channel : source->channels()) names.push_back(channel.name);
  return names;
}

std::map<std::string, double> Read(const std::vector<std::unique_ptr<ChannelSource>>& sources,
                                   int64_t now) {
  std::map<std::string, double> values;
  for (const auto& source : sources) {
    std::vector<double> row(source->channels().size());
    source->Read(now, row);
    for (size_t i = 0; i < row.size(); ++i) values[source->channels()[i].name] = row[i];
  }
  return values;
}

TEST(DeviceChannels, ARaspberryPiHasClockTemperatureLoadAndMemory) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.WriteProcess(kWorker, {.cpus = "0-3"});
  const auto sources = DeviceChannels(tree.root(), kWorker);
  EXPECT_THAT(Names(sources),
              ElementsAre("clock max", "clock mean", "clock min", "temperature", "cpu worker",
                          "cpu others", "cpu stolen", "memory available", "swap used",
                          "page faults", "switches voluntary", "switches involuntary"));
  const auto values = Read(sources, 0);
  EXPECT_DOUBLE_EQ(values.at("clock max"), 1.5e9);
  EXPECT_DOUBLE_EQ(values.at("temperature"), 48.199);
  EXPECT_DOUBLE_EQ(values.at("memory available"), 3'514'912.0 * 1024);
  EXPECT_DOUBLE_EQ(values.at("swap used"), 0);
  EXPECT_TRUE(std::isnan(values.at("cpu others"))) << "there is no time before the first row";
}

TEST(DeviceChannels, EveryBoardHasItsClocksAndATemperature) {
  for (const auto write :
       {WriteRaspberryPi5, WriteJetsonNano, WriteOrinJetPack5, WriteOrinJetPack6, WriteXeon}) {
    DeviceTree tree;
    write(tree);
    const auto values = Read(DeviceChannels(tree.root(), kWorker), 0);
    EXPECT_GT(values.at("clock min"), 0);
    EXPECT_GT(values.at("temperature"), 0);
  }
}

TEST(DeviceChannels, ClocksAreThoseOfAllPolicies) {
  DeviceTree tree;
  WriteXeon(tree);
  const auto values = Read(DeviceChannels(tree.root(), kWorker), 0);
  EXPECT_DOUBLE_EQ(values.at("clock max"), 2.8e9);
  EXPECT_DOUBLE_EQ(values.at("clock min"), 2.1e9);
  EXPECT_DOUBLE_EQ(values.at("clock mean"), 2.45e9);
}

TEST(DeviceChannels, CountersBecomeRates) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.Write("/proc/pressure/cpu",
             "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0 total=0\n");
  tree.WriteProcess(kWorker, {.major_faults = 1, .voluntary = 10, .cpus = "0-3"});
  const auto sources = DeviceChannels(tree.root(), kWorker);
  Read(sources, 0);
  tree.Write("/proc/pressure/cpu",
             "some avg10=0.00 avg60=0.00 avg300=0.00 total=501000\nfull avg10=0 total=0\n");
  tree.WriteProcess(
      kWorker,
      {.user_ticks = 100, .major_faults = 5, .voluntary = 30, .involuntary = 8, .cpus = "0-3"});
  tree.WriteStat(4, {.user = 150, .idle = 1150});
  const auto values = Read(sources, 2 * kSecond);
  EXPECT_DOUBLE_EQ(values.at("page faults"), 2);
  EXPECT_DOUBLE_EQ(values.at("switches voluntary"), 10);
  EXPECT_DOUBLE_EQ(values.at("switches involuntary"), 4);
  EXPECT_DOUBLE_EQ(values.at("cpu pressure"), 0.25);
  EXPECT_DOUBLE_EQ(values.at("cpu worker"), 0.5);
  EXPECT_DOUBLE_EQ(values.at("cpu others"), 0.5);
}

TEST(DeviceChannels, WhatVanishesWhileItIsWatchedIsNotANumber) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.WriteProcess(kWorker, {.cpus = "0-3"});
  const auto sources = DeviceChannels(tree.root(), kWorker);
  tree.Write("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "<unknown>\n");
  tree.Write("/sys/class/thermal/thermal_zone0/temp", "");
  tree.Write("/proc/meminfo", "");
  const auto values = Read(sources, 0);
  for (const char* name : {"clock max", "clock mean", "temperature", "memory available"})
    EXPECT_TRUE(std::isnan(values.at(name))) << name;
}

TEST(DeviceChannels, ADeviceThatTellsNothingHasNone) {
  DeviceTree tree;
  tree.MakeUnreadable("/proc/stat");
  tree.MakeUnreadable("/proc/meminfo");
  EXPECT_THAT(DeviceChannels(tree.root(), kWorker), IsEmpty());
}

TEST(Rate, SaysNothingTooSoonOrAfterAWrap) {
  Rate rate;
  EXPECT_TRUE(std::isnan(rate.PerSecond(0, 100)));
  EXPECT_TRUE(std::isnan(rate.PerSecond(Rate::kShortestNanos - 1, 200)));
  EXPECT_DOUBLE_EQ(rate.PerSecond(kSecond, 300), 200) << "counted since the last answer";
  EXPECT_TRUE(std::isnan(rate.PerSecond(2 * kSecond, 5))) << "it wrapped";
  EXPECT_DOUBLE_EQ(rate.PerSecond(3 * kSecond, 7), 2);
  EXPECT_TRUE(std::isnan(rate.PerSecond(4 * kSecond, std::nullopt)));
}

}  // namespace
}  // namespace edgebench::agent
