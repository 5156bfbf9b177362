#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/controller/cli_fixture.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ConfigurationFile : public Cli {
 protected:
  // The user's, where the fixture says that it is.
  void Write(const std::string& text) {
    std::filesystem::create_directories(folder_.File("config/edgebench"));
    std::ofstream(Path()) << text;
  }
  std::string Path() const { return folder_.File("config/edgebench/config.toml"); }
};

TEST_F(ConfigurationFile, HasDefaultsOfTheFlagsOfACommand) {
  Write(
      "[bench]\nprecision = [\"fp32\", \"int8-static\"]\nk = 6\n\n[device.add]\nno-check = true\n");
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32", "resnet18 int8-static"));
  EXPECT_EQ(Run({"device", "add", "pi", "127.0.0.1:1"}), ExitCode::kOk) << err_;
}

TEST_F(ConfigurationFile, GivesWayToWhatIsTyped) {
  Write("[bench]\nprecision = [\"int8-static\"]\nk = 6\n");
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32"));
}

TEST_F(ConfigurationFile, MayBeAnotherOrNone) {
  Write("[bench]\nprecision = \"fp99\"\n");
  std::ofstream(folder_.File("other.toml")) << "[bench]\nprecision = \"bf16\"\nk = 6\n";
  EXPECT_EQ(Run({"--config", folder_.File("other.toml"), "bench", "resnet18"}), ExitCode::kOk);
  EXPECT_EQ(Run({"bench", "resnet18", "--k", "6", "--config", "/dev/null"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 bf16", "resnet18 fp32"));
}

TEST_F(ConfigurationFile, DoesNotChangeWhatAPlanSays) {
  Write("[bench]\nprecision = \"int8-static\"\nk = 6\n");
  std::ofstream(folder_.File("plan.yaml")) << "models: [resnet18]\nk: 6\n";
  EXPECT_EQ(Run({"run", folder_.File("plan.yaml")}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32"));
}

TEST_F(ConfigurationFile, IsNamedWhereAValueOfItIsWrong) {
  Write("[bench]\nprecision = \"fp99\"\n");
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(Path() + ": --precision: there is no precision \"fp99\""));
  Write("[bench]\nprocesses = 0\n");
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(Path() + ": --processes: Value 0 not in range"));
  EXPECT_EQ(Run({"bench", "resnet18", "--processes", "0"}), ExitCode::kUsage);
  EXPECT_THAT(err_, Not(HasSubstr(Path()))) << "it was typed";
  EXPECT_THAT(agent_.submitted_labels(), IsEmpty());
}

TEST_F(ConfigurationFile, OfOneCommandIsNoMatterOfAnother) {
  Write("[bench]\nprocesses = 0\n");
  EXPECT_EQ(Run({"device", "list"}), ExitCode::kOk) << err_;
}

TEST_F(ConfigurationFile, IsRefusedForNamesThatAreNone) {
  Write("[bnech]\nk = 6\n");
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(Path() + ": there is no command 'bnech' to be a section. "
                                       "Did you mean bench?"));
  Write("[bench]\nprecison = \"fp32\"\n");
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no setting 'precison' of edgebench bench. "
                              "Did you mean precision?"));
  Write("version = true\n");
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("version is for the command line only"));
}

TEST_F(ConfigurationFile, DoesNotPreventHelp) {
  Write("[bnech]\nk = 6\n");
  EXPECT_EQ(Run({"bench", "--help"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("Usage: edgebench bench"));
}

TEST_F(ConfigurationFile, ThatCannotBeReadIsAnError) {
  EXPECT_EQ(Run({"results", "--config", folder_.File("none.toml")}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("--config: cannot open " + folder_.File("none.toml")),
                          EndsWith("No such file or directory\n")));
  std::filesystem::create_directories(Path());
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace edgebench::controller
