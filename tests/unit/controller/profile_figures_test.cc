#include "controller/report/profile_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/report/profile_text.h"
#include "tests/unit/controller/profile_fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProfileFigures, AMultiplyAddIsTwoOperations) {
  const db::Measurement profile = TypicalProfile();
  const v1::ProfileReport::Operator& op = profile.result.profile().operators(1);
  EXPECT_DOUBLE_EQ(*FlopsPerNano(op), 200);
  EXPECT_DOUBLE_EQ(*BytesPerNano(op), 0.5);
  EXPECT_DOUBLE_EQ(*Intensity(op), 400);
}

TEST(ProfileFigures, WhatIsUnknownOrNoneHasNoRate) {
  const db::Measurement profile = TypicalProfile();
  const v1::ProfileReport::Operator& activation = profile.result.profile().operators(2);
  EXPECT_EQ(FlopsPerNano(activation), std::nullopt);
  EXPECT_EQ(Intensity(activation), std::nullopt);
  EXPECT_DOUBLE_EQ(*BytesPerNano(activation), 4);
  const v1::ProfileReport::Operator& unknown = profile.result.profile().operators(3);
  EXPECT_EQ(FlopsPerNano(unknown), std::nullopt);
  EXPECT_EQ(BytesPerNano(unknown), std::nullopt);
  EXPECT_EQ(FlopsPerNano(v1::ProfileReport::Operator()), std::nullopt);
}

TEST(ProfileFigures, SortsByShareOfTheTime) {
  EXPECT_THAT(ByShare(TypicalProfile().result.profile()), ElementsAre(1, 2, 0, 3));
}

TEST(ProfileFigures, WhatIsInNoOperatorIsTheRest) {
  EXPECT_THAT(ShareOutsideOperators(TypicalProfile().result.profile()), DoubleNear(0.1, 1e-12));
}

TEST(ProfileFigures, TheOverheadIsTheMedianOfThePairsDifferences) {
  const std::optional<ProfilerOverhead> overhead = OverheadOf(TypicalProfile());
  ASSERT_TRUE(overhead.has_value());
  EXPECT_EQ(overhead->pairs, 21);
  EXPECT_DOUBLE_EQ(overhead->plain_ns, 4e6);
  EXPECT_DOUBLE_EQ(overhead->profiled_ns, 4.1e6);
  EXPECT_DOUBLE_EQ(overhead->relative, 0.025);
}

TEST(ProfileFigures, WithoutInferencesThereIsNoOverhead) {
  EXPECT_EQ(OverheadOf(db::Measurement()), std::nullopt);
}

TEST(ProfileText, AddsUpWhatItDoesNotList) {
  const std::string text = ProfileText(TypicalProfile(), 2, {});
  EXPECT_THAT(text, AllOf(HasSubstr("features.1.0"), HasSubstr("(1x16x112x112)"),
                          HasSubstr("2 others"), Not(HasSubstr("attention"))));
  EXPECT_THAT(ProfileText(TypicalProfile(), 4, {}), Not(HasSubstr("others")));
}

TEST(ProfileText, FiguresHaveThreeDigits) {
  EXPECT_EQ(FigureText(0.01234), "0.012");
  EXPECT_EQ(FigureText(1.234), "1.23");
  EXPECT_EQ(FigureText(9.996), "10.0");
  EXPECT_EQ(FigureText(123.4), "123");
  EXPECT_EQ(FigureText(std::nullopt), "-");
}

}  // namespace
}  // namespace edgebench::controller
