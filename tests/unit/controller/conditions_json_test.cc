#include "controller/report/conditions_json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edgebench::controller {
namespace {

v1::JobResult Sampled() {
  v1::JobResult result;
  v1::Telemetry& telemetry = *result.mutable_telemetry();
  telemetry.set_period_ns(100);
  telemetry.set_measure_start_ns(200);
  v1::TelemetryChannel& clock = *telemetry.add_channels();
  clock.set_name("clock max");
  clock.set_unit("Hz");
  clock.set_source("cpufreq");
  int64_t offset = 0;
  for (const double value : {9.0, 9.0, 3.0, std::nan(""), 1.0, 2.0, 4.0}) {
    telemetry.add_offset_ns(offset);
    clock.add_values(value);
    offset += 100;
  }
  return result;
}

TEST(ConditionsJson, SumsAChannelUpOverWhatWasReadWhileMeasuring) {
  nlohmann::ordered_json json;
  AddConditions(Sampled(), false, json);
  const auto& channel = json["telemetry"]["channels"][0];
  EXPECT_EQ(channel["name"], "clock max");
  EXPECT_EQ(channel["count"], 4);
  EXPECT_EQ(channel["min"], 1);
  EXPECT_EQ(channel["median"], 2.5);
  EXPECT_EQ(channel["max"], 4);
  EXPECT_FALSE(channel.contains("values"));
}

TEST(ConditionsJson, HasTheWholeSeriesOnDemand) {
  nlohmann::ordered_json json;
  AddConditions(Sampled(), true, json);
  EXPECT_EQ(json["telemetry"]["offsets_ns"].size(), 7u);
  EXPECT_TRUE(json["telemetry"]["channels"][0]["values"][3].is_null());
}

TEST(ConditionsJson, OfAnOlderAgentIsNull) {
  nlohmann::ordered_json json;
  AddConditions(v1::JobResult(), false, json);
  EXPECT_TRUE(json["telemetry"].is_null());
  EXPECT_TRUE(json["conditions"]["before"].is_null());
  EXPECT_TRUE(json["conditions"]["cpu_cores"].is_null());
  EXPECT_TRUE(json["unknown_conditions"].empty());
}

TEST(ConditionsJson, WhatWasNotReadIsNullAndNotZero) {
  v1::JobResult result;
  result.mutable_conditions_after()->set_swap_used_bytes(0);
  result.mutable_cpu_use()->set_stolen(0);
  nlohmann::ordered_json json;
  AddConditions(result, false, json);
  EXPECT_EQ(json["conditions"]["after"]["swap_used_bytes"], 0);
  EXPECT_TRUE(json["conditions"]["after"]["temperature_celsius"].is_null());
  EXPECT_TRUE(json["conditions"]["after"]["load"].is_null());
  EXPECT_EQ(json["conditions"]["cpu_cores"]["stolen"], 0);
  EXPECT_TRUE(json["conditions"]["cpu_cores"]["others"].is_null());
}

}  // namespace
}  // namespace edgebench::controller
