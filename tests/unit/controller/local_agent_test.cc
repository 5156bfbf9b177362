#include "controller/local_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "controller/exit_code.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class LocalAgentTest : public ::testing::Test {
 protected:
  LocalAgentTest() {
    agent_.socket_path = folder_.File("run/agent.sock");
    agent_.data_folder = folder_.File("data");
    agent_.start_timeout = absl::Seconds(20);
  }
  void WriteProgram(const std::string& script) {
    agent_.binary = folder_.File("agent.sh");
    std::ofstream(agent_.binary) << "#!/bin/sh\n" << script << "\n";
    ASSERT_EQ(chmod(agent_.binary.c_str(), 0755), 0);
  }

  TempDir folder_;
  LocalAgent agent_;
};

TEST_F(LocalAgentTest, AnAgentThatEndsAtOnceIsReportedWithItsLog) {
  WriteProgram("echo the journal is broken >&2; exit 3");
  const absl::Status status = EnsureRunning(agent_);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("ended with exit code 3"), HasSubstr("the journal is broken"),
                    HasSubstr("data/agent.log")));
}

TEST_F(LocalAgentTest, OnlyTheLogOfThisStartIsShown) {
  WriteProgram("echo first >&2; exit 1");
  EXPECT_FALSE(EnsureRunning(agent_).ok());
  WriteProgram("echo second >&2; exit 1");
  const absl::Status status = EnsureRunning(agent_);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("second"), Not(HasSubstr("first"))));
}

TEST_F(LocalAgentTest, AProgramThatIsNoneIsNamed) {
  agent_.binary = folder_.File("none");
  const absl::Status status = EnsureRunning(agent_);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(agent_.binary));
}

TEST_F(LocalAgentTest, DoesNotKeepTheFolderOfItsCallerBusy) {
  WriteProgram("pwd >&2; exit 1");
  EXPECT_THAT(std::string(EnsureRunning(agent_).message()), EndsWith(":\n/"));
}

TEST_F(LocalAgentTest, ALogThatCannotBeWrittenIsForTheUserToMend) {
  WriteProgram("exit 1");
  ASSERT_EQ(mkdir(agent_.data_folder.c_str(), 0700), 0);
  ASSERT_EQ(mkdir((agent_.data_folder + "/agent.log").c_str(), 0700), 0);
  EXPECT_EQ(ExitCodeOf(EnsureRunning(agent_)), ExitCode::kUsage);
}

TEST_F(LocalAgentTest, ASocketPathThatIsTooLongIsNamed) {
  agent_.socket_path = "/" + std::string(200, 'a');
  EXPECT_TRUE(absl::IsInvalidArgument(EnsureRunning(agent_)));
}

TEST_F(LocalAgentTest, NobodyListensWhereNothingIs) {
  EXPECT_FALSE(IsListening(agent_.socket_path));
}

}  // namespace
}  // namespace edgebench::controller
