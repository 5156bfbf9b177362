#include "agent/power/pi5_pmic.h"

#include <gmock/gmock.h>

#include "agent/power/child_process.h"
#include "tests/support/power_trees.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Pi5Pmic, PairsCurrentAndVoltageByTheRailsName) {
  const std::vector<PmicRail> rails = ParsePmic(
      " 3V3_SYS_A current(1)=0.10000000A\n  VDD_CORE_A current(7)=2.00000000A\n"
      " 3V3_SYS_V volt(9)=3.30000000V\n  VDD_CORE_V volt(15)=0.80000000V\n"
      "   EXT5V_V volt(24)=5.06788000V\n");
  ASSERT_EQ(rails.size(), 2u);
  EXPECT_EQ(rails[0].name, "3V3_SYS");
  EXPECT_NEAR(rails[0].watts, 0.33, 1e-12);
  EXPECT_EQ(rails[1].name, "VDD_CORE");
  EXPECT_NEAR(rails[1].watts, 1.6, 1e-12);
}

TEST(Pi5Pmic, LeavesOutWhatIsNoReading) {
  EXPECT_THAT(ParsePmic(""), IsEmpty());
  EXPECT_THAT(ParsePmic("error=1 error_msg=\"Command not registered\"\n"), IsEmpty());
  EXPECT_THAT(ParsePmic("X_A current(0)=0.1V\nX_V volt(1)=fiveV\nY_A\n_A current(0)=1A\n"),
              IsEmpty());
}

TEST(Pi5Pmic, AddsTheRailsOfTheBoard) {
  TempDir root;
  WriteRaspberryPi5Power(root.path());
  const auto source = OpenPi5Pmic(root.path(), WriteVcgencmd(root.path()));
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "rpi5-pmic");
  const PowerSample sample = (*source)->Read(7);
  ASSERT_EQ(sample.values.size(), 3u);
  EXPECT_NEAR(*sample.values[0] + *sample.values[1] + *sample.values[2], 0.074 + 0.33 + 1.6, 1e-9);
  EXPECT_THAT((*source)->info().notes, ElementsAre(HasSubstr("without its losses")));
}

TEST(Pi5Pmic, HasNoReadingWhenTheProgramFails) {
  TempDir root;
  WriteRaspberryPi5Power(root.path());
  const std::string vcgencmd = WriteVcgencmd(root.path());
  const auto source = OpenPi5Pmic(root.path(), vcgencmd);
  ASSERT_TRUE(source.ok()) << source.status();
  RemoveTreeFile(root.path(), "/usr/bin/vcgencmd");
  EXPECT_THAT((*source)->Read(1).values, ElementsAre(std::nullopt, std::nullopt, std::nullopt));
  EXPECT_THAT((*source)->Trouble(), HasSubstr("vcgencmd"));
  EXPECT_TRUE(absl::IsNotFound(OpenPi5Pmic(root.path(), vcgencmd).status()));
}

TEST(Pi5Pmic, IsNotThereOnOtherBoards) {
  TempDir root;
  EXPECT_TRUE(absl::IsNotFound(OpenPi5Pmic(root.path(), "/bin/false").status()));
  WriteRaspberryPi4Power(root.path());
  EXPECT_TRUE(absl::IsNotFound(OpenPi5Pmic(root.path(), "/bin/false").status()));
  EXPECT_EQ(RaspberryPiModel(root.path()), "Raspberry Pi 4 Model B Rev 1.4");
}

TEST(OutputOf, GivesWhatAProgramWrote) {
  const auto output = OutputOf({"/bin/sh", "-c", "echo out; echo err >&2"}, absl::Seconds(30), 100);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "out\n");
}

TEST(OutputOf, EndsAProgramThatTakesTooLongOrWritesTooMuch) {
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      OutputOf({"/bin/sh", "-c", "sleep 1000"}, absl::Milliseconds(20), 100).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      OutputOf({"/bin/sh", "-c", "exec >&-; sleep 1000"}, absl::Milliseconds(20), 100).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      OutputOf({"/bin/sh", "-c", "yes"}, absl::Seconds(30), 10'000).status()));
}

TEST(OutputOf, SaysHowAProgramFailed) {
  const absl::Status status =
      OutputOf({"/bin/sh", "-c", "exit 7"}, absl::Seconds(30), 100).status();
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("exit code 7"));
  EXPECT_TRUE(
      absl::IsInternal(OutputOf({"/bin/sh", "-c", "kill -9 $$"}, absl::Seconds(30), 100).status()));
  EXPECT_TRUE(absl::IsNotFound(OutputOf({"/no/such/program"}, absl::Seconds(30), 100).status()));
}

}  // namespace
}  // namespace edgebench::agent
