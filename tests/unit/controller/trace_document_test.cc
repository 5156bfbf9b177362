#include "controller/report/trace_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/controller/profile_fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

// What the Trace Event Format asks of an event.
void ExpectWellFormed(const Json& event) {
  SCOPED_TRACE(event.dump());
  ASSERT_TRUE(event.at("name").is_string());
  ASSERT_TRUE(event.at("pid").is_number_integer());
  ASSERT_TRUE(event.at("tid").is_number_integer());
  if (event.at("ph") == "M") {
    EXPECT_TRUE(event["name"] == "process_name" || event["name"] == "thread_name");
    EXPECT_TRUE(event.at("args").at("name").is_string());
    return;
  }
  EXPECT_EQ(event.at("ph"), "X");
  EXPECT_GE(event.at("ts").get<double>(), 0);
  EXPECT_GE(event.at("dur").get<double>(), 0);
  EXPECT_TRUE(event.at("cat").is_string());
}

TEST(TraceDocument, IsAnObjectOfWellFormedEvents) {
  const db::Measurement profile = TypicalProfile();
  const Json document = TraceDocument({&profile});
  EXPECT_EQ(document.at("displayTimeUnit"), "ns");
  ASSERT_EQ(document.at("traceEvents").size(), 6u);
  for (const Json& event : document["traceEvents"]) ExpectWellFormed(event);
}

TEST(TraceDocument, TimesAreInMicrosecondsSinceTheInferenceBegan) {
  const db::Measurement profile = TypicalProfile();
  const Json document = TraceDocument({&profile});
  const Json& event = document["traceEvents"][2];
  EXPECT_EQ(event["ts"], 10.5);
  EXPECT_EQ(event["dur"], 400.0);
}

TEST(TraceDocument, OperatorsAreCalledByTheirModulesAndHaveTheirFacts) {
  const db::Measurement profile = TypicalProfile();
  const Json document = TraceDocument({&profile});
  const Json& event = document["traceEvents"][3];
  EXPECT_EQ(event["name"], "features.1.0");
  EXPECT_EQ(event["cat"], "operator");
  EXPECT_EQ(event["args"]["precision"], "int8-static");
  EXPECT_EQ(event["args"]["output_shape"], "1x16x112x112");
  const Json& called = document["traceEvents"][5];
  EXPECT_EQ(called["name"], "aten::empty");
  EXPECT_EQ(called["cat"], "called");
}

TEST(TraceDocument, EachProfileIsAProcessWithAName) {
  const db::Measurement int8 = TypicalProfile();
  const db::Measurement fp32 = TypicalProfile(v1::PRECISION_FP32);
  const Json document = TraceDocument({&int8, &fp32});
  std::set<int> processes;
  std::vector<std::string> names;
  for (const Json& event : document["traceEvents"]) {
    processes.insert(event["pid"].get<int>());
    if (event["name"] == "process_name") names.push_back(event["args"]["name"]);
  }
  EXPECT_EQ(processes, (std::set<int>{1, 2}));
  ASSERT_EQ(names.size(), 2u);
  EXPECT_THAT(names[0], HasSubstr("mobilenet_v2 int8-static on local"));
  EXPECT_THAT(names[1], HasSubstr("mobilenet_v2 fp32 on local"));
}

}  // namespace
}  // namespace edgebench::controller
