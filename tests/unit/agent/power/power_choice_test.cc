#include "agent/power/power_choice.h"

#include <gmock/gmock.h>

#include "tests/support/power_trees.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

class PowerChoiceTest : public ::testing::Test {
 protected:
  PowerChoiceTest() {
    choice_.root = root_.path();
    choice_.nvml_library = "libno-such-nvml.so.1";
    choice_.vcgencmd = root_.path() + "/usr/bin/vcgencmd";
  }

  // The source's name, or "none: " and why.
  std::string Choose(const std::string& target = "cpu") {
    const auto source = OpenPowerSource(choice_, target, clock_);
    if (source.ok()) return (*source)->info().name;
    EXPECT_TRUE(absl::IsNotFound(source.status())) << source.status();
    return "none: " + std::string(source.status().message());
  }

  TempDir root_;
  RealClock clock_;
  PowerChoice choice_;
};

TEST_F(PowerChoiceTest, TakesRaplOnAServer) {
  WriteXeonPower(root_.path());
  EXPECT_THAT(Choose(), HasSubstr("rapl:package-0"));
}

TEST_F(PowerChoiceTest, TakesRaplBeforeTheBatteryOfALaptop) {
  WriteLaptopPower(root_.path());
  EXPECT_EQ(Choose(), "rapl:package-0");
  MakeUnreadable(root_.path(), "/sys/class/powercap/intel-rapl:0/energy_uj");
  EXPECT_EQ(Choose(), "battery:BAT0");
}

TEST_F(PowerChoiceTest, TakesABoardsRailsForEveryTarget) {
  WriteJetsonOrinNanoPower(root_.path());
  EXPECT_EQ(Choose("cpu"), "ina3221:VDD_IN");
  EXPECT_EQ(Choose("cuda:0"), "ina3221:VDD_IN");
}

TEST_F(PowerChoiceTest, TakesTheChipOfARaspberryPi5) {
  WriteRaspberryPi5Power(root_.path());
  WriteVcgencmd(root_.path());
  EXPECT_EQ(Choose(), "rpi5-pmic");
}

TEST_F(PowerChoiceTest, SaysThatARaspberryPi4HasNone) {
  WriteRaspberryPi4Power(root_.path());
  EXPECT_EQ(Choose(),
            "none: the Raspberry Pi 4 Model B Rev 1.4 has no sensor of its power; a meter of your "
            "own can be read with --power-command");
}

TEST_F(PowerChoiceTest, SaysWhatIsMissingWhereThereIsNothing) {
  EXPECT_THAT(Choose(), HasSubstr("none: this device has no RAPL, INA3221"));
}

TEST_F(PowerChoiceTest, SaysWhyWhatIsThereDoesNotCount) {
  WriteLaptopPower(root_.path());
  MakeUnreadable(root_.path(), "/sys/class/powercap/intel-rapl:0/energy_uj");
  WriteTreeFile(root_.path(), "/sys/class/power_supply/BAT0/status", "Full\n");
  const std::string why = Choose();
  EXPECT_THAT(why, HasSubstr("intel-rapl:0/energy_uj"));
  EXPECT_THAT(why, HasSubstr("the battery BAT0 is Full"));
  EXPECT_THAT(why, HasSubstr("--power-command"));
}

TEST_F(PowerChoiceTest, AddsTheProcessorToACard) {
  WriteLaptopPower(root_.path());
  choice_.nvml_library = FAKE_NVML_CARD;
  EXPECT_EQ(Choose("cuda:1"), "nvml:1 NVIDIA Fake B+rapl:package-0");
  const auto source = OpenPowerSource(choice_, "cuda:1", clock_);
  ASSERT_TRUE(source.ok());
  EXPECT_THAT((*source)->Read(0).values.size(), (*source)->info().rails.size());
  EXPECT_EQ((*source)->Read(0).values[0], 87.25);
}

TEST_F(PowerChoiceTest, SaysOfACardAloneThatTheProcessorIsMissing) {
  choice_.nvml_library = FAKE_NVML_CARD;
  const auto source = OpenPowerSource(choice_, "cuda:0", clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "nvml:0 NVIDIA Fake A");
  EXPECT_THAT((*source)->info().notes.back(), HasSubstr("the processor is not in it: no RAPL"));
}

TEST_F(PowerChoiceTest, DoesNotTakeTheProcessorForACard) {
  WriteLaptopPower(root_.path());
  EXPECT_THAT(Choose("cuda:0"), HasSubstr("none: no NVML"));
}

TEST_F(PowerChoiceTest, TakesTheUsersMeterBeforeAllOthers) {
  WriteXeonPower(root_.path());
  choice_.command = "echo 5; sleep 1000";
  EXPECT_EQ(Choose(), "command:echo 5; sleep 1000");
}

TEST_F(PowerChoiceTest, TakesWhatIsNamed) {
  WriteLaptopPower(root_.path());
  choice_.source = "battery";
  EXPECT_EQ(Choose(), "battery:BAT0");
  choice_.source = "nvml:1";
  choice_.nvml_library = FAKE_NVML_CARD;
  EXPECT_EQ(Choose(), "nvml:1 NVIDIA Fake B");
  choice_.source = "ina3221";
  EXPECT_EQ(Choose(), "none: no INA3221 power monitor");
  choice_.source = "none";
  EXPECT_EQ(Choose(), "none: turned off with --power none");
}

TEST_F(PowerChoiceTest, KnowsTheNamesOfSources) {
  for (const char* name : {"auto", "none", "rapl", "ina3221", "rpi5-pmic", "nvml", "nvml:1",
                           "battery", "hwmon:power_meter", "hwmon:corsairpsu/power total"}) {
    choice_.source = name;
    EXPECT_TRUE(CheckPowerChoice(choice_).ok()) << name;
  }
  for (const char* name : {"", "wattmeter", "nvml:x", "nvml:-1", "hwmon:", "command"}) {
    choice_.source = name;
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPowerChoice(choice_))) << name;
  }
}

}  // namespace
}  // namespace edgebench::agent
