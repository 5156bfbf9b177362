#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AgentConfig : public ::testing::Test {
 protected:
  // Writes a configuration file and gives its path.
  std::string Write(const std::string& content) {
    const std::string path = bench_.File("agent.conf");
    EXPECT_TRUE(WriteFileAtomically(path, content).ok());
    return path;
  }

  // How an agent ends that must not start.
  Finished Refused(const std::vector<std::string>& flags) {
    Subprocess process = bench_.LaunchAgent(flags);
    const auto state = process.Wait(absl::Seconds(30));
    EXPECT_TRUE(state.has_value()) << "it runs: " << process.errors();
    return {state ? state->code : -1, process.output(), process.errors()};
  }

  Workbench bench_;
};

// The workbench gives --listen and --data only where a flag does not.
TEST_F(AgentConfig, TheFileSaysWhatNoFlagSays) {
  const std::string in_file = bench_.File("from-file.sock");
  const std::string path =
      Write(absl::StrCat("# of this device\nlisten = [\"unix:", in_file, "\"]\nname = \"pi4\"\n",
                         "data = \"/nonexistent/file\"\ncache-max = \"64MiB\"\n"));
  const auto agent = bench_.StartAgent({"--config", path});
  ASSERT_NE(agent, nullptr);
  EXPECT_EQ(agent->address(), absl::StrCat("unix:", bench_.LocalSocket())) << "the flag wins";
  struct stat info;
  EXPECT_NE(stat(in_file.c_str(), &info), 0) << "the file's address is not used besides";
  const nlohmann::json device = bench_.Run({"device", "show", "local", "--json"}).Json();
  EXPECT_EQ(device["agent_name"], "pi4");
  EXPECT_EQ(device["cache_limit_bytes"], 64 << 20);
}

TEST_F(AgentConfig, AnUnknownNameIsAnErrorWithTheNearestKnownOne) {
  const std::string path = Write("cach-max = \"2GB\"\n");
  const Finished refused = Refused({"--config", path});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr(path), HasSubstr("'cach-max'"), HasSubstr("cache-max?")));
}

TEST_F(AgentConfig, AWrongValueNamesTheFileAndTheFlag) {
  const std::string path = Write("grace = \"soon\"\n");
  const Finished refused = Refused({"--config", path});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(path), HasSubstr("--grace"), HasSubstr("soon")));
}

TEST_F(AgentConfig, AWrongValueOfAFlagIsNotBlamedOnTheFile) {
  const std::string path = Write("grace = \"5s\"\n");
  const Finished refused = Refused({"--config", path, "--grace", "soon"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("--grace"), Not(HasSubstr(path))));
}

TEST_F(AgentConfig, AFileThatCannotBeReadIsNamedWithTheReason) {
  const std::string missing = bench_.File("missing.conf");
  const Finished refused = Refused({"--config", missing});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(missing), HasSubstr("No such file")));
  const Finished folder = Refused({"--config", bench_.folder()});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, AllOf(HasSubstr(bench_.folder()), HasSubstr("directory")));
}

TEST_F(AgentConfig, SectionsAreRefused) {
  const std::string path = Write("[agent]\nname = \"pi4\"\n");
  const Finished refused = Refused({"--config", path});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(path), HasSubstr("'agent'")));
}

}  // namespace
}  // namespace edgebench
