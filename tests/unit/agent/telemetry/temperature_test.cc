#include "agent/telemetry/temperature.h"

#include <gtest/gtest.h>

#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

TEST(Thermometer, ReadsTheZoneOfARaspberryPisProcessor) {
  for (const auto write : {WriteRaspberryPi4, WriteRaspberryPi5}) {
    DeviceTree tree;
    write(tree);
    Thermometer thermometer(tree.root());
    EXPECT_DOUBLE_EQ(thermometer.Celsius().value(), 48.199);
    EXPECT_EQ(thermometer.source(), "thermal_zone0 cpu-thermal");
    EXPECT_EQ(thermometer.trip_celsius(), std::nullopt) << "a critical point slows nothing down";
  }
}

TEST(Thermometer, FindsTheProcessorAmongAJetsonsZones) {
  DeviceTree nano, orin5, orin6;
  WriteJetsonNano(nano);
  WriteOrinJetPack5(orin5);
  WriteOrinJetPack6(orin6);
  Thermometer nanos(nano.root()), orin5s(orin5.root()), orin6s(orin6.root());
  EXPECT_DOUBLE_EQ(nanos.Celsius().value(), 33.5);
  EXPECT_EQ(nanos.source(), "thermal_zone1 CPU-therm");
  EXPECT_DOUBLE_EQ(nanos.trip_celsius().value(), 97);
  EXPECT_DOUBLE_EQ(orin5s.Celsius().value(), 50.468);
  EXPECT_DOUBLE_EQ(orin5s.trip_celsius().value(), 99);
  EXPECT_EQ(orin6s.source(), "thermal_zone0 cpu-thermal");
}

TEST(Thermometer, TakesTheHottestPackageOfAServer) {
  DeviceTree tree;
  WriteXeon(tree);
  Thermometer thermometer(tree.root());
  EXPECT_DOUBLE_EQ(thermometer.Celsius().value(), 61);
  EXPECT_EQ(thermometer.source(), "thermal_zone1 x86_pkg_temp, thermal_zone2 x86_pkg_temp");
  EXPECT_EQ(thermometer.trip_celsius(), std::nullopt) << "one that is not set is below zero";
}

TEST(Thermometer, FallsBackToTheProcessorsHardwareMonitor) {
  DeviceTree tree;
  WriteXeon(tree);
  tree.Remove("/sys/class/thermal");
  Thermometer thermometer(tree.root());
  EXPECT_DOUBLE_EQ(thermometer.Celsius().value(), 52);
  EXPECT_EQ(thermometer.source(), "hwmon0 coretemp");
}

TEST(Thermometer, LeavesOutTheZonesOfAcpi) {
  DeviceTree tree;
  tree.Write("/sys/class/thermal/thermal_zone0/type", "acpitz\n");
  tree.Write("/sys/class/thermal/thermal_zone0/temp", "27800\n");
  EXPECT_EQ(Thermometer(tree.root()).Celsius(), std::nullopt);
}

TEST(Thermometer, AZoneThatCannotBeReadIsNoSource) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  tree.MakeUnreadable("/sys/class/thermal/thermal_zone0/temp");
  EXPECT_EQ(Thermometer(tree.root()).source(), "hwmon0 cpu_thermal");
  EXPECT_EQ(Thermometer("/nowhere").Celsius(), std::nullopt);
}

}  // namespace
}  // namespace edgebench::agent
