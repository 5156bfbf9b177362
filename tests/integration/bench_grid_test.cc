#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using Json = nlohmann::json;

// The command of the README in small, run once, without any set-up: the
// controller starts the agent of `local` itself.
class BenchGrid : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Workbench bench;
    const Finished run = bench.Run(
        {"bench", "mobilenet_v2", "resnet18", "--precision", "fp32,int8-dynamic,int8-static",
         "--image-size", "64", "--threads", "1", "--k", "8", "--json"},
        absl::Minutes(4));
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json document = run.Json();
    ASSERT_TRUE(document["schema_version"].is_number_integer());
    for (const Json& row : document["measurements"]) {
      cells_[row["model"].get<std::string>() + " " + row["precision"].get<std::string>()] = row;
    }
  }

  // By "model precision".
  static std::map<std::string, Json> cells_;
};

std::map<std::string, Json> BenchGrid::cells_;

TEST_F(BenchGrid, OneCommandWithoutAnySetUpMeasuresModelsAtThreePrecisions) {
  ASSERT_EQ(cells_.size(), 6u);
  for (const auto& [name, cell] : cells_) {
    EXPECT_EQ(cell["outcome"], "ok") << name << " " << cell["message"];
    EXPECT_EQ(cell["device"], "local");
    EXPECT_EQ(cell["target"], "cpu");
    EXPECT_EQ(cell["batch"], 1);
    EXPECT_EQ(cell["image_size"], 64);
    EXPECT_GE(cell["threads"], 1);
    EXPECT_EQ(cell["latency_ns"]["samples"], 8) << name;
    EXPECT_GT(cell["latency_ns"]["median"], 100'000) << name << ": no model is that fast";
    EXPECT_LE(cell["latency_ns"]["min"], cell["latency_ns"]["median"]);
    EXPECT_LE(cell["latency_ns"]["ci95_low"], cell["latency_ns"]["median"]);
    EXPECT_GE(cell["latency_ns"]["ci95_high"], cell["latency_ns"]["median"]);
    EXPECT_TRUE(cell["latency_ns"]["p90"].is_null()) << "eight samples cannot tell";
    EXPECT_GT(cell["peak_rss_bytes"], 50'000'000) << name;
    EXPECT_TRUE(cell["energy"].is_null());
  }
}

TEST_F(BenchGrid, SizesParametersAndParityAreThoseOfTheModels) {
  auto& cells = cells_;
  EXPECT_EQ(cells["mobilenet_v2 fp32"]["parameters"], 3'504'872);
  EXPECT_EQ(cells["resnet18 fp32"]["parameters"], 11'689'512);
  // 46.8 MB and 11.8 MB by the files that PyTorch writes.
  EXPECT_NEAR(cells["resnet18 fp32"]["model_bytes"].get<double>(), 46.8e6, 1e6);
  EXPECT_NEAR(cells["resnet18 int8-static"]["model_bytes"].get<double>(), 11.8e6, 0.6e6);
  EXPECT_NEAR(cells["mobilenet_v2 fp32"]["model_bytes"].get<double>(), 14.2e6, 0.5e6);
  EXPECT_LT(cells["mobilenet_v2 int8-static"]["model_bytes"].get<double>(), 4.5e6);
  // Only the last layer is linear.
  EXPECT_NEAR(cells["resnet18 int8-dynamic"]["model_bytes"].get<double>(), 45.3e6, 1e6);
  EXPECT_EQ(cells["resnet18 int8-dynamic"]["coverage"]["int8_ops"], 1);
  EXPECT_EQ(cells["resnet18 int8-static"]["coverage"]["int8_ops"],
            cells["resnet18 int8-static"]["coverage"]["total_ops"]);
  EXPECT_TRUE(cells["resnet18 fp32"]["parity"].is_null());
  EXPECT_TRUE(cells["resnet18 fp32"]["engine"].is_null());
  EXPECT_TRUE(cells["resnet18 int8-static"]["engine"].is_string());
  EXPECT_GT(cells["resnet18 int8-dynamic"]["parity"]["sqnr_db"].get<double>(), 25.0);
  EXPECT_GT(cells["resnet18 int8-static"]["parity"]["sqnr_db"].get<double>(), 10.0);
}

}  // namespace
}  // namespace edgebench
