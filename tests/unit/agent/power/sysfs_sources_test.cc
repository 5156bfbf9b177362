// The sources that are read from sysfs, on trees of devices.
#include <gmock/gmock.h>

#include "agent/power/battery.h"
#include "agent/power/hwmon_power.h"
#include "agent/power/ina3221.h"
#include "agent/power/rapl.h"
#include "tests/support/power_trees.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> CountedRails(const PowerSource& source) {
  std::vector<std::string> names;
  for (const PowerRail& rail : source.info().rails) {
    if (rail.counted) names.push_back(rail.name);
  }
  return names;
}

// The counted rails' sum, in the rails' unit.
double Sum(PowerSource& source) {
  double sum = 0;
  const PowerSample sample = source.Read(0);
  for (size_t i = 0; i < sample.values.size(); ++i) {
    if (source.info().rails[i].counted) sum += sample.values[i].value();
  }
  return sum;
}

// At most one of a total and its parts.
void ExpectNothingCountedTwice(const PowerSource& source) {
  for (const PowerRail& rail : source.info().rails) {
    for (const PowerRail& other : source.info().rails) {
      const bool part = rail.part_of == other.name;
      EXPECT_FALSE(part && rail.counted && other.counted) << rail.name;
    }
  }
}

TEST(Rapl, CountsPackagesAndMemoryOfAServer) {
  TempDir root;
  WriteXeonPower(root.path());
  const auto source = OpenRapl(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "rapl:package-0+package-0/dram+package-1+package-1/dram");
  EXPECT_EQ((*source)->info().rails.size(), 5u);
  EXPECT_NEAR(Sum(**source), 1500 + 300 + 1200 + 250, 1e-9);
  EXPECT_NEAR((*source)->info().rails[0].wraps_at_joules, 262143.32885, 1e-6);
  ExpectNothingCountedTwice(**source);
}

TEST(Rapl, CountsThePackageOfALaptopOnce) {
  TempDir root;
  WriteLaptopPower(root.path());
  const auto source = OpenRapl(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "rapl:package-0");
  EXPECT_THAT((*source)->info().notes, ElementsAre(HasSubstr("without its memory")));
  EXPECT_NEAR(Sum(**source), 40, 1e-9);
  ExpectNothingCountedTwice(**source);
}

TEST(Rapl, NeedsEveryPackage) {
  TempDir root;
  WriteXeonPower(root.path());
  MakeUnreadable(root.path(), "/sys/class/powercap/intel-rapl:1/energy_uj");
  const absl::Status status = OpenRapl(root.path()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("intel-rapl:1/energy_uj"));
}

TEST(Rapl, DoesWithoutAPartThatCannotBeRead) {
  TempDir root;
  WriteLaptopPower(root.path());
  RemoveTreeFile(root.path(), "/sys/class/powercap/intel-rapl:0:1/energy_uj");
  WriteTreeFile(root.path(), "/sys/class/powercap/intel-rapl:0:0/energy_uj", "lots\n");
  const auto source = OpenRapl(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(CountedRails(**source), ElementsAre("package-0"));
  EXPECT_EQ((*source)->info().rails.size(), 2u);
}

TEST(Rapl, HasNoReadingOnceAFileIsGone) {
  TempDir root;
  WriteLaptopPower(root.path());
  const auto source = OpenRapl(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  RemoveTreeFile(root.path(), "/sys/class/powercap/intel-rapl:0/energy_uj");
  EXPECT_EQ((*source)->Read(0).values[0], std::nullopt);
  EXPECT_THAT((*source)->Trouble(), HasSubstr("intel-rapl:0/energy_uj"));
}

TEST(Rapl, IsNotThereOnOtherDevices) {
  TempDir root;
  EXPECT_TRUE(absl::IsNotFound(OpenRapl(root.path()).status()));
  WriteRaspberryPi4Power(root.path());
  EXPECT_TRUE(absl::IsNotFound(OpenRapl(root.path()).status()));
}

TEST(Ina3221, CountsTheInputOfAJetsonNano) {
  TempDir root;
  WriteJetsonNanoPower(root.path());
  const auto source = OpenIna3221(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "ina3221:POM_5V_IN");
  EXPECT_EQ((*source)->info().rails.size(), 3u);
  EXPECT_NEAR(Sum(**source), 3.52, 1e-9);
  ExpectNothingCountedTwice(**source);
}

TEST(Ina3221, AddsTheRailsOfAnAgxXavier) {
  TempDir root;
  WriteJetsonAgxXavierPower(root.path());
  const auto source = OpenIna3221(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "ina3221:GPU+CPU+SOC+CV+VDDRQ+SYS5V");
  EXPECT_NEAR(Sum(**source), 0.31 + 1.24 + 2.17 + 0.46 + 2.32, 1e-9);
}

TEST(Ina3221, MultipliesVoltageAndCurrentOfAnOrinNano) {
  TempDir root;
  WriteJetsonOrinNanoPower(root.path());
  const auto source = OpenIna3221(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "ina3221:VDD_IN");
  EXPECT_EQ((*source)->info().rails.size(), 3u);  // not the sum of shunt voltages
  EXPECT_NEAR(Sum(**source), 5.04 * 0.96, 1e-9);
  ExpectNothingCountedTwice(**source);
}

TEST(Ina3221, CountsTheInputsOfAnAgxOrinOnce) {
  TempDir root;
  WriteJetsonAgxOrinPower(root.path());
  const auto source = OpenIna3221(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "ina3221:VDD_GPU_SOC+VDD_CPU_CV+VIN_SYS_5V0");
  EXPECT_EQ((*source)->info().rails.size(), 4u);  // not those called NC
  EXPECT_NEAR(Sum(**source), 19 * 0.168 + 19 * 0.042 + 4.968 * 0.7, 1e-9);
  ExpectNothingCountedTwice(**source);
}

TEST(Ina3221, DoesWithoutAPartThatCannotBeRead) {
  TempDir root;
  WriteJetsonNanoPower(root.path());
  MakeUnreadable(root.path(), "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power1_input");
  RemoveTreeFile(root.path(), "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_2");
  const auto source = OpenIna3221(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().rails.size(), 1u);
  MakeUnreadable(root.path(), "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power0_input");
  EXPECT_EQ((*source)->Read(0).values[0], std::nullopt);
  EXPECT_THAT((*source)->Trouble(), HasSubstr("in_power0_input"));
  const absl::Status status = OpenIna3221(root.path()).status();
  EXPECT_FALSE(status.ok() || absl::IsNotFound(status)) << status;
}

TEST(Ina3221, NeedsTheInputWhereThereIsOne) {
  TempDir root;
  WriteJetsonOrinNanoPower(root.path());
  RemoveTreeFile(root.path(), "/sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/curr1_input");
  const absl::Status status = OpenIna3221(root.path()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("curr1_input"));
}

TEST(Battery, TellsTheMachinesPowerWhileItIsDischarged) {
  TempDir root;
  WriteLaptopPower(root.path());
  const auto source = OpenBattery(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "battery:BAT0");
  EXPECT_NEAR(Sum(**source), 7.1, 1e-9);
  WriteTreeFile(root.path(), "/sys/class/power_supply/BAT0/status", "Charging\n");
  EXPECT_EQ((*source)->Read(0).values[0], std::nullopt);
  EXPECT_EQ((*source)->Trouble(), "the battery BAT0 is Charging");
}

TEST(Battery, MultipliesCurrentAndVoltageWhereThereIsNoPower) {
  TempDir root;
  WriteLaptopPower(root.path());
  RemoveTreeFile(root.path(), "/sys/class/power_supply/BAT0/power_now");
  WriteTreeFile(root.path(), "/sys/class/power_supply/BAT0/current_now", "-600000\n");
  WriteTreeFile(root.path(), "/sys/class/power_supply/BAT0/voltage_now", "11400000\n");
  const auto source = OpenBattery(root.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_NEAR(Sum(**source), 6.84, 1e-9);
}

TEST(Battery, SaysWhyItTellsNothing) {
  TempDir root;
  EXPECT_TRUE(absl::IsNotFound(OpenBattery(root.path()).status()));
  WriteLaptopPower(root.path());
  WriteTreeFile(root.path(), "/sys/class/power_supply/BAT0/status", "Full\n");
  const absl::Status full = OpenBattery(root.path()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(full));
  EXPECT_THAT(std::string(full.message()), HasSubstr("BAT0 is Full"));
  EXPECT_THAT(std::string(full.message()), HasSubstr("unplug"));
  MakeUnreadable(root.path(), "/sys/class/power_supply/BAT0/status");
  EXPECT_FALSE(OpenBattery(root.path()).ok());
}

void WriteHwmon(const std::string& root) {
  WriteTreeFile(root, "/sys/class/hwmon/hwmon2/name", "power_meter\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon2/power1_average", "214000000\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon2/power1_average_interval", "1000\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon3/name", "corsairpsu\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon3/power1_label", "power total\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon3/power1_input", "98000000\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon3/power2_label", "power +12v\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon3/power2_input", "72000000\n");
}

TEST(HwmonPower, ReadsTheAcpiPowerMeter) {
  TempDir root;
  WriteHwmon(root.path());
  const auto source = OpenHwmonPower(root.path(), kAcpiPowerMeter);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "hwmon:power_meter/power1");
  EXPECT_NEAR(Sum(**source), 214, 1e-9);
}

TEST(HwmonPower, WantsOneSensorOfSeveralNamed) {
  TempDir root;
  WriteHwmon(root.path());
  const absl::Status several = OpenHwmonPower(root.path(), "corsairpsu").status();
  EXPECT_TRUE(absl::IsInvalidArgument(several));
  EXPECT_THAT(std::string(several.message()), HasSubstr("corsairpsu/power total"));
  const auto source = OpenHwmonPower(root.path(), "corsairpsu/power total");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_NEAR(Sum(**source), 98, 1e-9);
}

TEST(HwmonPower, SaysWhatThereIs) {
  TempDir root;
  EXPECT_THAT(std::string(OpenHwmonPower(root.path(), "ina219").status().message()),
              HasSubstr("there is none"));
  WriteHwmon(root.path());
  const absl::Status status = OpenHwmonPower(root.path(), "ina219").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("power_meter/power1, corsairpsu/"));
  MakeUnreadable(root.path(), "/sys/class/hwmon/hwmon2/power1_average");
  EXPECT_FALSE(OpenHwmonPower(root.path(), kAcpiPowerMeter).ok());
}

}  // namespace
}  // namespace edgebench::agent
