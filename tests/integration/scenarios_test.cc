#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// A small model in one thread, so that a measurement takes a second.
class Scenarios : public ::testing::Test {
 protected:
  Finished Bench(std::vector<std::string> flags) {
    std::vector<std::string> call = {"bench", "mobilenet_v3_small", "--image-size",
                                     "64",    "--threads",          "1"};
    call.insert(call.end(), flags.begin(), flags.end());
    return bench_.Run(call);
  }
  Json Only(const Finished& run) {
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const Json document = run.Json();
    EXPECT_EQ(document["measurements"].size(), 1u) << run.out;
    return document["measurements"][0];
  }

  Workbench bench_;
};

TEST_F(Scenarios, ThreeProcessesThatTakeTurnsAreOneMeasurementOfACell) {
  const Finished run =
      Bench({"--precision", "fp32,int8-dynamic", "--processes", "3", "--k", "6", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 2u) << run.out;
  EXPECT_EQ(document["measurements"][0]["precision"], "fp32") << "in the order of the grid";
  for (const Json& measurement : document["measurements"]) {
    EXPECT_EQ(measurement["latency_ns"]["processes"], 3);
    EXPECT_EQ(measurement["latency_ns"]["samples"], 18);
    EXPECT_LE(measurement["latency_ns"]["ci95_low"], measurement["latency_ns"]["median"]);
    EXPECT_GE(measurement["latency_ns"]["ci95_high"], measurement["latency_ns"]["median"]);
  }
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM results"), "6") << "each process is a row";
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM latest_results"), "6");
  // Rounds: each cell once in the first two jobs, in the next two and in the last two.
  for (const char* round : {"0", "2", "4"}) {
    EXPECT_EQ(bench_.Ask("SELECT count(DISTINCT precision) FROM (SELECT precision FROM results"
                         " ORDER BY id LIMIT 2 OFFSET " +
                         std::string(round) + ")"),
              "2");
  }
  const Finished compared = bench_.Run({"compare", "mobilenet_v3_small", "--json"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const Json speed_up = compared.Json()["comparisons"][0]["columns"][1]["speedup"];
  EXPECT_DOUBLE_EQ(speed_up["confidence"].get<double>(), 0.95);
  EXPECT_LT(speed_up["low"], speed_up["high"]);
}

TEST_F(Scenarios, AColdStartIsMeasuredInFreshProcesses) {
  const Json measurement =
      Only(Bench({"--precision", "int8-dynamic", "--cold", "--processes", "2", "--json"}));
  const Json& cold = measurement["cold"];
  EXPECT_GT(cold["start_ns"], 10'000'000) << "LibTorch is loaded";
  EXPECT_GT(cold["load_ns"], 0);
  EXPECT_GT(cold["first_ns"], cold["second_ns"].get<int64_t>() / 10);
  EXPECT_EQ(measurement["scenario"], "cold");
  EXPECT_EQ(measurement["optimize"], "none");
  EXPECT_EQ(measurement["latency_ns"]["samples"], 2);
  EXPECT_EQ(measurement["parameters"], 2'542'856) << "what is known of the model stays known";
  EXPECT_GT(measurement["coverage"]["total_ops"], 0);
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM results WHERE load_ms > 0 AND scenario = 'cold'"),
            "2");
}

TEST_F(Scenarios, SustainedLoadShowsItsCourse) {
  const Finished run = Bench({"--sustained", "2"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("sustained for 2s"), HasSubstr("from the first part to the last")));
  const Finished results = bench_.Run({"results", "--json"});
  EXPECT_EQ(results.Json()["measurements"][0]["course"].size(), 10u);
}

TEST_F(Scenarios, StreamsGiveARateAndAServerTheHighestOne) {
  const Json streams =
      Only(Bench({"--streams", "2", "--processes", "1", "--max-time", "2", "--json"}));
  EXPECT_EQ(streams["throughput"]["streams"], 2);
  EXPECT_GT(streams["throughput"]["per_second"], 1);
  EXPECT_LE(streams["throughput"]["per_second_low"], streams["throughput"]["per_second"]);

  const Json server =
      Only(Bench({"--server", "1min", "--streams", "2", "--max-time", "10", "--json"}));
  EXPECT_EQ(server["server"]["latency_bound_ns"], 60'000'000'000);
  EXPECT_GT(server["server"]["rate_per_second"], 0) << server.dump(2);
  EXPECT_GE(server["server"]["trials"].size(), 1u);
  // Neither stands beside the other, nor beside the latency of one inference after the other.
  EXPECT_EQ(bench_.Run({"compare"}).exit_code, 2);
}

TEST_F(Scenarios, ThatDoNotGoTogetherAreRefused) {
  for (const auto& flags : std::vector<std::vector<std::string>>{{"--cold", "--sustained", "1"},
                                                                 {"--k", "3", "--streams", "2"},
                                                                 {"--cold", "--server", "1s"}}) {
    const Finished run = Bench(flags);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr("do not go together"));
  }
}

}  // namespace
}  // namespace edgebench
