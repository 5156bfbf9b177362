#include "agent/telemetry/conditions.h"

#include <gtest/gtest.h>

#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

TEST(Conditions, AreReadFromARaspberryPi) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.Write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
  const v1::Conditions conditions = ReadConditions(tree.root());
  EXPECT_DOUBLE_EQ(conditions.load_1(), 0.52);
  EXPECT_DOUBLE_EQ(conditions.load_15(), 0.30);
  EXPECT_DOUBLE_EQ(conditions.temperature_celsius(), 48.199);
  EXPECT_EQ(conditions.firmware_throttled(), 0x50005);
  EXPECT_EQ(conditions.memory_available_bytes(), int64_t{3'514'912} * 1024);
  EXPECT_TRUE(conditions.has_swap_used_bytes());
  EXPECT_EQ(conditions.swap_used_bytes(), 0);
  EXPECT_FALSE(conditions.has_core_throttles());
}

TEST(Conditions, TheFirmwareOfARaspberryPi5LiesElsewhere) {
  DeviceTree tree;
  WriteRaspberryPi5(tree);
  EXPECT_TRUE(ReadConditions(tree.root()).has_firmware_throttled());
}

TEST(Conditions, AddTheThrottleCountsOfAllProcessors) {
  DeviceTree tree;
  WriteXeon(tree);
  tree.Write("/sys/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count", "5\n");
  tree.Write("/sys/devices/system/cpu/cpu7/thermal_throttle/core_throttle_count", "2\n");
  const v1::Conditions conditions = ReadConditions(tree.root());
  EXPECT_EQ(conditions.core_throttles(), 7);
  EXPECT_EQ(conditions.package_throttles(), 0);
  EXPECT_FALSE(conditions.has_firmware_throttled());
}

TEST(Conditions, CountHowOftenAQuotaHeldProcessesBack) {
  DeviceTree tree;
  tree.Write("/proc/self/cgroup", "0::/docker\n");
  tree.Write("/sys/fs/cgroup/docker/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\n");
  EXPECT_EQ(ReadConditions(tree.root()).quota_throttles(), 4);
}

TEST(Conditions, WhatCannotBeReadStaysUnset) {
  DeviceTree tree;
  tree.MakeUnreadable("/proc/loadavg");
  tree.MakeUnreadable("/proc/meminfo");
  tree.Write("/sys/devices/platform/soc/soc:firmware/get_throttled", "\n");
  EXPECT_EQ(ReadConditions(tree.root()).SerializeAsString(), "");
}

TEST(Conditions, ThrottleBitsHaveWords) {
  EXPECT_EQ(FirmwareThrottleText(0), "");
  EXPECT_EQ(FirmwareThrottleText(0x5), "under-voltage, throttled");
  EXPECT_EQ(FirmwareThrottleText(0x50000), "") << "what was is not what is";
  EXPECT_EQ(FirmwareThrottleText(0xA0000 >> kHasOccurredShift),
            "frequency capped, soft temperature limit");
}

}  // namespace
}  // namespace edgebench::agent
