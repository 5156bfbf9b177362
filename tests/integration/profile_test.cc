#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class Profile : public ::testing::Test {
 protected:
  Workbench bench_;
};

TEST_F(Profile, TheOperatorsOfAModelAddUpToIt) {
  const std::string trace = bench_.File("trace.json");
  const Finished run = bench_.Run({"profile", "resnet18", "--image-size", "64", "--threads", "1",
                                   "--k", "3", "--trace", trace, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json measurement = run.Json()["measurements"][0];
  EXPECT_EQ(measurement["kind"], "profile");
  const Json profile = measurement["profile"];
  EXPECT_EQ(profile["pairs"], 3);
  int64_t multiply_adds = 0;
  double shares = 0;
  for (const Json& op : profile["operators"]) {
    multiply_adds += op["multiply_adds"].get<int64_t>();
    shares += op["share"].get<double>();
    EXPECT_GT(op["total_ns"], 0) << op.dump();
  }
  EXPECT_EQ(multiply_adds, measurement["flops"]);
  EXPECT_GT(shares, 0.5);
  EXPECT_LE(shares, 1 + 1e-9);

  const Json events = Json::parse(*ReadFile(trace))["traceEvents"];
  EXPECT_GT(events.size(), profile["operators"].size());
  EXPECT_EQ(events[0]["name"], "process_name");
}

TEST_F(Profile, RowsOfInt8SayTheirPrecision) {
  const Finished run = bench_.Run({"profile", "resnet18", "--image-size", "64", "--threads", "1",
                                   "--k", "2", "--precision", "int8-static", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  int int8 = 0;
  for (const Json& op : document["measurements"][0]["profile"]["operators"]) {
    if (op["kind"] != "conv2d" && op["kind"] != "linear") continue;
    EXPECT_EQ(op["precision"], "int8-static") << op.dump();
    int8 += op["calls"].get<int>();
  }
  EXPECT_EQ(int8, 21);
}

TEST_F(Profile, APeakIsMeasuredOnceAndStored) {
  const std::vector<std::string> call = {
      "roofline", "squeezenet1_1", "--image-size", "64", "--threads", "1", "--k", "3", "--json"};
  for (int round = 0; round < 2; ++round) {
    const Finished run = bench_.Run(call);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json document = run.Json();
    EXPECT_GE(document["peaks"].size(), 2u);
    const Json whole = document["models"][0]["whole"];
    EXPECT_GT(whole["share_of_bound"], 0);
    EXPECT_TRUE(whole["limited_by"] == "compute" || whole["limited_by"] == "memory");
  }
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement WHERE kind = 'roofline'"), "1");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement WHERE kind = 'profile'"), "2");
  const Finished results = bench_.Run({"results"});
  EXPECT_THAT(results.out, HasSubstr("roofline"));
}

}  // namespace
}  // namespace edgebench
