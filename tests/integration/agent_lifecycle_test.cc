#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "db/job_journal.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr absl::Duration kSoon = absl::Seconds(30);

class AgentLifecycle : public ::testing::Test {
 protected:
  // How an agent ends that must not start.
  Finished Refused(const std::vector<std::string>& flags) {
    Subprocess process = bench_.LaunchAgent(flags);
    const auto state = process.Wait(kSoon);
    EXPECT_TRUE(state.has_value()) << "it runs: " << process.errors();
    return {state ? state->code : -1, process.output(), process.errors()};
  }

  Workbench bench_;
};

TEST_F(AgentLifecycle, SaysWhenItIsReadyWithTheRealPort) {
  const auto agent = bench_.StartAgent({"--listen", "127.0.0.1:0"});
  ASSERT_NE(agent, nullptr);
  EXPECT_THAT(agent->address(), MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
}

TEST_F(AgentLifecycle, ListensOnSeveralAddresses) {
  const std::string socket = absl::StrCat("unix:", bench_.File("a.sock"));
  const auto agent = bench_.StartAgent({"--listen", "127.0.0.1:0", "--listen", socket});
  ASSERT_NE(agent, nullptr);
  EXPECT_THAT(agent->process().errors(), HasSubstr(socket));
  for (const std::string& address : {socket, agent->address()}) {
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    EXPECT_TRUE(
        channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30)))
        << address;
  }
}

TEST_F(AgentLifecycle, TheSocketBelongsToTheUserAlone) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  struct stat socket;
  ASSERT_EQ(stat(bench_.LocalSocket().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777u, 0600u);
}

TEST_F(AgentLifecycle, ASecondOneOnTheSameDataSaysWhoHoldsIt) {
  const auto first = bench_.StartAgent();
  ASSERT_NE(first, nullptr);
  const Finished second = Refused({"--listen", absl::StrCat("unix:", bench_.File("b.sock"))});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err,
              AllOf(HasSubstr(absl::StrCat("pid ", first->pid())), HasSubstr(bench_.LocalData())));
}

TEST_F(AgentLifecycle, ASecondOneOnTheSameSocketSaysWhoHoldsIt) {
  const auto first = bench_.StartAgent();
  ASSERT_NE(first, nullptr);
  const Finished second = Refused({"--data", bench_.File("other")});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, AllOf(HasSubstr(absl::StrCat("pid ", first->pid())),
                                HasSubstr(bench_.LocalSocket())));
  EXPECT_EQ(bench_.Run({"job", "list"}).exit_code, 0) << "the first still serves";
}

TEST_F(AgentLifecycle, ASecondOneOnTheSamePortSaysSo) {
  const auto first = bench_.StartAgent({"--listen", "127.0.0.1:0"});
  ASSERT_NE(first, nullptr);
  const Finished second = Refused({"--listen", first->address(), "--data", bench_.File("other")});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr(first->address()));
}

TEST_F(AgentLifecycle, ASocketLeftBehindByADeadOneIsNoObstacle) {
  auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  agent->Kill();
  ASSERT_TRUE(std::filesystem::exists(bench_.LocalSocket()));
  agent = bench_.StartAgent();
  EXPECT_NE(agent, nullptr);
}

TEST_F(AgentLifecycle, ASigtermEndsItWithCodeZero) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  agent->process().Signal(SIGTERM);
  const auto state = agent->process().Wait(kSoon);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, 0) << agent->process().errors();
  EXPECT_FALSE(std::filesystem::exists(bench_.LocalSocket()));
}

TEST_F(AgentLifecycle, PlaintextForOtherMachinesNeedsTheUsersWord) {
  const Finished refused = Refused({"--listen", "0.0.0.0:0"});
  EXPECT_THAT(refused.exit_code, AnyOf(1, 2));
  EXPECT_THAT(refused.err, AllOf(HasSubstr("--insecure"), HasSubstr("0.0.0.0")));
  const auto agent = bench_.StartAgent({"--listen", "0.0.0.0:0", "--insecure"});
  EXPECT_NE(agent, nullptr);
}

TEST_F(AgentLifecycle, WrongFlagsAreUsageErrors) {
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{{"--no-such-flag"},
                                             {"--listen", "nonsense"},
                                             {"--cache-max", "lots"},
                                             {"--job-memory", "0%"},
                                             {"--grace", "soon"},
                                             {"--max-queue", "0"}}) {
    const Finished refused = Refused(flags);
    EXPECT_EQ(refused.exit_code, 2) << flags[0] << " " << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(flags[0]));
  }
}

TEST_F(AgentLifecycle, AJournalOfANewerVersionIsLeftAlone) {
  std::filesystem::create_directories(bench_.LocalData());
  const std::string path = bench_.LocalData() + "/journal.db";
  ASSERT_TRUE(db::JobJournal::Open(path).ok());
  {
    SQLite::Database journal(path, SQLite::OPEN_READWRITE);
    journal.exec("PRAGMA user_version = 99");
  }
  const Finished refused = Refused({});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(path), HasSubstr("99"), HasSubstr("update edgebench")));
}

TEST_F(AgentLifecycle, ABrokenJournalIsNamed) {
  std::filesystem::create_directories(bench_.LocalData());
  const std::string path = bench_.LocalData() + "/journal.db";
  ASSERT_TRUE(WriteFileAtomically(path, std::string(10'000, 'x')).ok());
  const Finished refused = Refused({});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr(path));
  EXPECT_EQ(*ReadFile(path), std::string(10'000, 'x'));
}

}  // namespace
}  // namespace edgebench
