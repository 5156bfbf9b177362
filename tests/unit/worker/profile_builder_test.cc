#include "agent/worker/profile/profile_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebench::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

DescribedOperator Convolution(const std::string& name, std::optional<int64_t> multiply_adds) {
  DescribedOperator described;
  described.function = "aten::conv2d";
  described.name = name;
  described.kind = "conv2d";
  described.precision = v1::PRECISION_FP32;
  described.input_shape = "1x3x8x8";
  described.output_shape = "1x4x8x8";
  described.multiply_adds = multiply_adds;
  described.bytes = 1000;
  return described;
}

DescribedOperator Activation(const std::string& output_shape) {
  DescribedOperator described;
  described.function = "aten::relu";
  described.kind = "relu";
  described.precision = v1::PRECISION_FP32;
  described.output_shape = output_shape;
  described.multiply_adds = 0;
  described.bytes = 10;
  return described;
}

// A convolution of `first_ns`, in which a kernel takes all but 10 ns, and an activation
// of `second_ns`.
std::vector<RecordedCall> Inference(int64_t first_ns, int64_t second_ns) {
  return {{"aten::conv2d", 1000, 1000 + first_ns, -1, 0},
          {"aten::convolution", 1005, 995 + first_ns, 0, 1},
          {"aten::relu", 2000, 2000 + second_ns, -1, 0}};
}

constexpr int64_t kThread = 7;

TEST(ProfileBuilder, TakesTheMedianOfEachOperatorOverTheInferences) {
  ProfileBuilder builder({Convolution("features.0", 6912), Activation("1x4x8x8")});
  ASSERT_TRUE(builder.Add(Inference(300, 50), 1000, 500, kThread).ok());
  ASSERT_TRUE(builder.Add(Inference(900, 60), 1000, 1100, kThread).ok());
  ASSERT_TRUE(builder.Add(Inference(310, 40), 1000, 400, kThread).ok());
  const v1::ProfileReport report = builder.Build();
  ASSERT_EQ(report.operators_size(), 2);
  const v1::ProfileReport::Operator& convolution = report.operators(0);
  EXPECT_EQ(convolution.total_ns(), 310);
  EXPECT_EQ(convolution.min_ns(), 300);
  EXPECT_EQ(convolution.self_ns(), 10);
  EXPECT_EQ(convolution.multiply_adds(), 6912);
  EXPECT_EQ(convolution.bytes(), 1000);
  EXPECT_EQ(report.operators(1).total_ns(), 50);
  EXPECT_THAT(report.profiled_ns(), ElementsAre(500, 1100, 400));
}

TEST(ProfileBuilder, SharesAreOfAllInferencesTogetherSoThatTheyAddUp) {
  ProfileBuilder builder({Convolution("features.0", 6912), Activation("1x4x8x8")});
  ASSERT_TRUE(builder.Add(Inference(300, 100), 1000, 500, kThread).ok());
  ASSERT_TRUE(builder.Add(Inference(1300, 300), 1000, 1500 + 500, kThread).ok());
  const v1::ProfileReport report = builder.Build();
  EXPECT_DOUBLE_EQ(report.operators(0).share(), 1600.0 / 2500);
  EXPECT_DOUBLE_EQ(report.operators(1).share(), 400.0 / 2500);
}

TEST(ProfileBuilder, AddsUpWhatHasOneNameAndWithoutANameOneShape) {
  ProfileBuilder builder({Convolution("shared", 100), Convolution("shared", 100), Activation("1x4"),
                          Activation("1x4"), Activation("1x8")});
  const v1::ProfileReport report = builder.Build();
  ASSERT_EQ(report.operators_size(), 3);
  EXPECT_EQ(report.operators(0).calls(), 2);
  EXPECT_EQ(report.operators(0).multiply_adds(), 200);
  EXPECT_EQ(report.operators(0).bytes(), 2000);
  EXPECT_EQ(report.operators(1).calls(), 2);
  EXPECT_EQ(report.operators(2).output_shape(), "1x8");
}

TEST(ProfileBuilder, TheWorkOfARowIsUnknownWhereThatOfOnePartIs) {
  for (const bool known_first : {true, false}) {
    ProfileBuilder builder(
        {Convolution("shared", known_first ? std::optional<int64_t>(100) : std::nullopt),
         Convolution("shared", known_first ? std::nullopt : std::optional<int64_t>(100)),
         Convolution("shared", 100)});
    EXPECT_FALSE(builder.Build().operators(0).has_multiply_adds());
  }
}

TEST(ProfileBuilder, TheTimelineIsThatOfTheFastestInference) {
  ProfileBuilder builder({Convolution("features.0", 6912), Activation("1x4x8x8")});
  ASSERT_TRUE(builder.Add(Inference(300, 50), 900, 500, kThread).ok());
  ASSERT_TRUE(builder.Add(Inference(200, 40), 900, 400, kThread).ok());
  ASSERT_TRUE(builder.Add(Inference(900, 60), 900, 1100, kThread).ok());
  const v1::ProfileReport report = builder.Build();
  ASSERT_EQ(report.timeline_size(), 3);
  EXPECT_EQ(report.timeline(0).start_ns(), 100);
  EXPECT_EQ(report.timeline(0).duration_ns(), 200);
  EXPECT_EQ(report.timeline(0).thread(), kThread);
  EXPECT_EQ(report.timeline(1).kind(), "aten::convolution");
  EXPECT_EQ(report.timeline(1).depth(), 1);
  EXPECT_EQ(report.timeline(1).row(), 0);
  EXPECT_EQ(report.timeline(2).row(), 1);
  EXPECT_EQ(report.timeline_left_out(), 0);
}

TEST(ProfileBuilder, ALongTimelineIsCutAndSaysSo) {
  ProfileBuilder builder({Activation("1x4")});
  std::vector<RecordedCall> calls = {{"aten::relu", 0, 1'000'000, -1, 0}};
  calls.resize(20'003, {"aten::called", 0, 1, 0, 1});
  ASSERT_TRUE(builder.Add(calls, 0, 1'000'000, kThread).ok());
  const v1::ProfileReport report = builder.Build();
  EXPECT_EQ(report.timeline_size(), 20'000);
  EXPECT_EQ(report.timeline_left_out(), 3);
}

TEST(ProfileBuilder, RefusesAModelThatRunsOtherOperatorsEachTime) {
  ProfileBuilder builder({Convolution("features.0", 6912), Activation("1x4x8x8")});
  const absl::Status fewer = builder.Add({{"aten::conv2d", 0, 1, -1, 0}}, 0, 1, kThread);
  EXPECT_EQ(fewer.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(fewer.message()), HasSubstr("2 operators in one inference and 1"));
  const absl::Status others = builder.Add({{"aten::tanh", 0, 1, -1, 0}}, 0, 1, kThread);
  EXPECT_EQ(others.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(others.message()), HasSubstr("aten::tanh"));
  std::vector<RecordedCall> more = Inference(300, 50);
  more.push_back({"aten::relu", 3000, 3001, -1, 0});
  EXPECT_EQ(builder.Add(more, 0, 1, kThread).code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace edgebench::worker
