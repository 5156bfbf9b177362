#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

TEST(TwoControllers, AtOnceOnOneAgentBothGetTheirResultsOnce) {
  Workbench bench;
  const auto agent = bench.StartAgent();
  ASSERT_NE(agent, nullptr);
  const std::vector<std::string> call = {"bench",        "mobilenet_v2",
                                         "--precision",  "fp32,int8-dynamic",
                                         "--image-size", "64",
                                         "--threads",    "1",
                                         "--k",          "4",
                                         "--json"};
  Subprocess first = bench.Start(call);
  Subprocess second = bench.Start(call);
  for (Subprocess* controller : {&first, &second}) {
    const auto state = controller->Wait(absl::Minutes(2));
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(state->code, 0) << controller->errors();
    const Finished finished{state->code, controller->output(), controller->errors()};
    EXPECT_EQ(finished.Json()["measurements"].size(), 2u);
  }
  EXPECT_EQ(bench.Ask("SELECT count(*) FROM measurement WHERE outcome = 'ok'"), "4");
  EXPECT_EQ(bench.Ask("SELECT count(DISTINCT job_id) FROM measurement"), "4");
  EXPECT_EQ(bench.Ask("SELECT count(*) FROM run"), "2");
}

TEST(TwoControllers, StartOneAgentOfLocalBetweenThem) {
  Workbench bench;
  Subprocess first = bench.Start({"device", "show", "local", "--json"});
  Subprocess second = bench.Start({"device", "show", "local", "--json"});
  std::vector<nlohmann::json> pids;
  for (Subprocess* controller : {&first, &second}) {
    const auto state = controller->Wait(absl::Minutes(1));
    ASSERT_TRUE(state.has_value());
    ASSERT_EQ(state->code, 0) << controller->errors();
    const Finished finished{state->code, controller->output(), controller->errors()};
    const nlohmann::json document = finished.Json();
    pids.push_back(document.contains("agent_pid") ? document["agent_pid"]
                                                  : document["capabilities"]["agent_pid"]);
  }
  EXPECT_TRUE(pids[0].is_number_integer());
  EXPECT_EQ(pids[0], pids[1]);
}

TEST(TwoControllers, WithDatabasesOfTheirOwnKeepTheirResultsApart) {
  Workbench bench;
  const auto agent = bench.StartAgent();
  ASSERT_NE(agent, nullptr);
  Subprocess first = bench.Start({"--db", bench.File("a.db"), "bench", "mobilenet_v2",
                                  "--image-size", "64", "--threads", "1", "--k", "4"});
  Subprocess second = bench.Start({"--db", bench.File("b.db"), "bench", "mobilenet_v2",
                                   "--image-size", "64", "--threads", "1", "--k", "4"});
  for (Subprocess* controller : {&first, &second}) {
    const auto end = controller->Wait(absl::Minutes(2));
    ASSERT_TRUE(end.has_value()) << controller->errors();
    EXPECT_EQ(end->code, 0) << controller->errors();
  }
  for (const char* database : {"a.db", "b.db"}) {
    const Finished results = bench.Run({"--db", bench.File(database), "results", "--json"});
    EXPECT_EQ(results.Json()["measurements"].size(), 1u) << database;
  }
}

}  // namespace
}  // namespace edgebench
