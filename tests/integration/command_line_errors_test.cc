#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/version.h"
#include "db/result_store.h"
#include "edgebench/v1/agent.grpc.pb.h"
#include "edgebench/v1/artifact.grpc.pb.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLineErrors : public ::testing::Test {
 protected:
  Workbench bench_;
};

TEST_F(CommandLineErrors, AMistypedModelIsAnsweredWithTheNearest) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  const Finished run = bench_.Run({"bench", "mobilnet_v2"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("mobilnet_v2"), HasSubstr("Did you mean mobilenet_v2")));
}

TEST_F(CommandLineErrors, WordsThatNobodyKnowsAreUsageErrorsWithAHint) {
  const struct {
    std::vector<std::string> call;
    std::string hint;
  } cases[] = {
      {{"bench", "resnet18", "--precision", "int8-dynamc"}, "int8-dynamic"},
      {{"bench", "resnet18", "--engine", "onedn"}, "onednn"},
      {{"bench", "resnet18", "--optimize", "ful"}, "full"},
      {{"bench", "resnet18", "--precision", "int8-static", "--observer", "histgram"}, "histogram?"},
      {{"bench", "resnet18", "--precision", "int8-static", "--weight-scheme", "row"}, "per-tensor"},
      {{"bench", "resnet18", "--precision", "int8-dynamic", "--embeddings", "int4"}, "int8, fp32"},
      {{"bench", "resnet18", "--precision", "int8-dynamic", "--keep", "fc"}, "--keep fp32:"},
      {{"bench", "resnet18", "--precision", "int8-static", "--min-sqnr", "0"}, "--min-sqnr"},
      {{"bench", "resnet18", "--precision", "int8-static", "--image-mean", "1,2"}, "--image-mean"},
      {{"bench", "resnet18", "--precision", "int8-static", "--calibration", "gone.pt"}, "gone.pt"},
      {{"bench", "resnet18", "--precision", "int8-static", "--qat-steps", "5"}, "int8-qat"},
      {{"bench", "resnet18", "--observer", "mse"}, "int8-static, int8-qat"},
      {{"bench", "resnet18", "--precision", "int8-qat", "--optimizer", "adan"}, "adam?"},
      {{"bench", "resnet18", "--qat-step", "5"}, "--qat-steps"},
      {{"quantize", "resnet18", "--precision", "int8-static", "--engine", "all", "-o", "a.pt"},
       "one file"},
      {{"bench", "resnet18", "--target", "gpu"}, "cuda:"},
      {{"bench", "resnet18", "--presicion", "fp32"}, "--precision"},
      {{"bench", "resnet18", "--batch", "0"}, "--batch"},
      {{"bench", "resnet18", "--target-ci", "300%"}, "--target-ci"},
      {{"bench", "resnet18", "--max-time", "soon"}, "--max-time"},
      {{"bensh", "resnet18"}, "bench"},
      {{"bench"}, "MODEL"},
      {{"bench", "./gone.pt"}, "gone.pt"},
      {{"device", "add", "a b", "127.0.0.1:1"}, "a b"},
      {{"device", "show", "nobody"}, "nobody"},
      {{"job", "show", "nothing"}, "nothing"},
  };
  for (const auto& one : cases) {
    const Finished run = bench_.Run(one.call);
    EXPECT_EQ(run.exit_code, 2) << one.call.back() << ": " << run.err;
    EXPECT_THAT(run.err, HasSubstr(one.hint));
    EXPECT_EQ(run.out, "") << "data only on stdout";
  }
}

TEST_F(CommandLineErrors, AFileThatCannotBeReadIsAUsageError) {
  const Finished folder = bench_.Run({"bench", bench_.folder() + "/run", "--input", "float32[1]"});
  EXPECT_EQ(folder.exit_code, 2) << folder.err;
  EXPECT_THAT(folder.err, HasSubstr(bench_.folder() + "/run"));
}

TEST_F(CommandLineErrors, AnUnreachableAgentIsCodeThreeAndNamesTheAddress) {
  // A port that was free a moment ago, and a socket that is not there.
  for (const std::string& address :
       {std::string("127.0.0.1:1"), absl::StrCat("unix:", bench_.File("gone.sock"))}) {
    const std::string database = bench_.File(address.substr(0, 4) + ".db");
    ASSERT_TRUE((*db::ResultStore::Open(database))->AddDevice({"pi", address, absl::Now()}).ok());
    const Finished run = bench_.Run({"--db", database, "bench", "resnet18", "--device", "pi"});
    EXPECT_EQ(run.exit_code, 3) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr("pi"), HasSubstr(address)));
  }
}

// An agent from the future.
class OtherAgent final : public v1::AgentService::Service {
 public:
  grpc::Status GetCapabilities(grpc::ServerContext*, const v1::GetCapabilitiesRequest*,
                               v1::GetCapabilitiesResponse* response) override {
    response->mutable_capabilities()->set_api_major(kApiMajor + 1);
    response->mutable_capabilities()->set_agent_version("9.9.9");
    return grpc::Status::OK;
  }
};

TEST_F(CommandLineErrors, AnAgentOfAnotherApiIsRefusedWithBothVersions) {
  OtherAgent service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  ASSERT_TRUE((*db::ResultStore::Open(bench_.Database()))
                  ->AddDevice({"pi", absl::StrCat("127.0.0.1:", port), absl::Now()})
                  .ok());
  const Finished run = bench_.Run({"bench", "resnet18", "--device", "pi"});
  EXPECT_EQ(run.exit_code, 5) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("9.9.9"), HasSubstr(kVersion), HasSubstr("update")));
}

TEST_F(CommandLineErrors, WhatAnswersButIsNoAgentIsUnreachable) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  v1::ArtifactService::Service something_else;
  builder.RegisterService(&something_else);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_TRUE((*db::ResultStore::Open(bench_.Database()))
                  ->AddDevice({"pi", absl::StrCat("127.0.0.1:", port), absl::Now()})
                  .ok());
  const Finished run = bench_.Run({"bench", "resnet18", "--device", "pi"});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("no edgebench-agent"));
}

TEST_F(CommandLineErrors, ABrokenDatabaseIsNamedAndLeftAsItIs) {
  const std::string content(10'000, 'x');
  ASSERT_TRUE(WriteFileAtomically(bench_.File("broken.db"), content).ok());
  const Finished run = bench_.Run({"--db", bench_.File("broken.db"), "results"});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr(bench_.File("broken.db")), HasSubstr("no database")));
  EXPECT_EQ(*ReadFile(bench_.File("broken.db")), content);
}

TEST_F(CommandLineErrors, ANewerDatabaseIsRefusedWithBothVersions) {
  const std::string path = bench_.File("newer.db");
  ASSERT_TRUE(db::ResultStore::Open(path).ok());
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version = 99");
  }
  const Finished run = bench_.Run({"--db", path, "bench", "resnet18"});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr(path), HasSubstr("99"), HasSubstr("update edgebench")));
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 99);
}

TEST_F(CommandLineErrors, ASettingThatThePrecisionDoesNotTakeIsRefusedByTheAgent) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  const Finished run =
      bench_.Run({"bench", "resnet18", "--precision", "int8-qat", "--min-sqnr", "20"});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("min_sqnr_db"), HasSubstr("int8-qat")));
}

TEST_F(CommandLineErrors, ReadingCommandsOfAnEmptyDatabaseAnswerWithEmptyDocuments) {
  const Finished results = bench_.Run({"results", "--json"});
  EXPECT_EQ(results.exit_code, 0) << results.err;
  EXPECT_EQ(results.Json()["measurements"].size(), 0u);
  const Finished jobs = bench_.Run({"job", "list", "--json"});
  EXPECT_EQ(jobs.exit_code, 0) << jobs.err;
  EXPECT_EQ(jobs.Json()["jobs"].size(), 0u);
  EXPECT_FALSE(std::filesystem::exists(bench_.LocalSocket())) << "nobody started an agent";
}

TEST_F(CommandLineErrors, HelpAndVersionGoToStdoutWithCodeZero) {
  const Finished version = bench_.Run({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, HasSubstr(kVersion));
  const Finished help = bench_.Run({"bench", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--precision"), Not(HasSubstr("\x1b["))));
}

}  // namespace
}  // namespace edgebench
