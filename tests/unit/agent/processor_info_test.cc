#include "agent/processor_info.h"

#include <gmock/gmock.h>

#include "agent/host_info.h"
#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ProcessorInfo, OfAXeonHasInstructionSetsTurboAndNodes) {
  DeviceTree tree;
  WriteXeon(tree);
  const v1::HostInfo info = ReadHostInfo(tree.root());
  EXPECT_THAT(info.cpu_flags(),
              ElementsAre("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512cd",
                          "avx512dq", "avx512vl", "avx512_vnni"));
  EXPECT_TRUE(info.turbo());
  EXPECT_TRUE(info.smt_active());
  EXPECT_EQ(info.numa_nodes(), 2);
  EXPECT_EQ(info.frequency_min_hz(), 800'000'000);
  EXPECT_EQ(info.hardware_frequency_max_hz(), 3'900'000'000);
  EXPECT_EQ(info.clock_source(), "tsc");
  EXPECT_EQ(info.governor(), "powersave");
}

TEST(ProcessorInfo, OfAnArmBoardHasItsFeatures) {
  DeviceTree pi4, pi5;
  WriteRaspberryPi4(pi4);
  WriteRaspberryPi5(pi5);
  EXPECT_THAT(ReadHostInfo(pi4.root()).cpu_flags(), ElementsAre("asimd"));
  const v1::HostInfo info = ReadHostInfo(pi5.root());
  EXPECT_THAT(info.cpu_flags(), ElementsAre("asimd", "asimdhp", "asimddp", "fphp"));
  EXPECT_EQ(info.cpu_model(), "Cortex-A76 (Raspberry Pi 5 Model B Rev 1.0)");
  EXPECT_FALSE(info.has_turbo());
  EXPECT_FALSE(info.has_smt_active());
}

TEST(ProcessorInfo, BoostIsTheTurboOfOtherDrivers) {
  DeviceTree tree;
  tree.Write("/sys/devices/system/cpu/cpufreq/boost", "0\n");
  const v1::HostInfo info = ReadHostInfo(tree.root());
  EXPECT_TRUE(info.has_turbo());
  EXPECT_FALSE(info.turbo());
}

TEST(ProcessorInfo, LimitsThatAreSetAreNotThoseOfTheHardware) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.Write("/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq", "1000000\n");
  tree.Write("/proc/self/status", "Cpus_allowed_list:\t0-1\n");
  const v1::HostInfo info = ReadHostInfo(tree.root());
  EXPECT_EQ(info.frequency_max_hz(), 1'000'000'000);
  EXPECT_EQ(info.hardware_frequency_max_hz(), 1'500'000'000);
  EXPECT_EQ(info.usable_cpus(), "0-1");
}

TEST(ProcessorInfo, WhatCannotBeReadStaysUnset) {
  DeviceTree tree;
  tree.MakeUnreadable("/sys/devices/system/cpu/intel_pstate/no_turbo");
  tree.MakeUnreadable("/sys/devices/system/cpu/smt/active");
  tree.MakeUnreadable("/proc/cpuinfo");
  const v1::HostInfo info = ReadHostInfo(tree.root());
  EXPECT_THAT(info.cpu_flags(), IsEmpty());
  EXPECT_FALSE(info.has_turbo() || info.has_smt_active() || info.has_numa_nodes() ||
               info.has_frequency_max_hz() || info.has_cpu_quota());
  EXPECT_EQ(info.clock_source(), "");
}

}  // namespace
}  // namespace edgebench::agent
