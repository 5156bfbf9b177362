#include "controller/report/roofline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/report/roofline_report.h"
#include "tests/unit/controller/profile_fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Limit = RooflinePoint::Limit;

// 100 GFLOP/s in fp32, 400 in int8, 20 GB/s: the ridges lie at 5 and 20 FLOP/byte.
constexpr Roof kRoof{100e9, 400e9, 20e9};

TEST(Roofline, RightOfTheRidgeThePeakIsTheBound) {
  // 10 FLOP/byte: 1 G multiply-adds over 200 MB in 40 ms.
  const RooflinePoint point =
      PlaceUnder(kRoof, {1'000'000'000, 200'000'000, 40e6, v1::PRECISION_FP32});
  EXPECT_DOUBLE_EQ(*point.flops, 50e9);
  EXPECT_DOUBLE_EQ(*point.bandwidth, 5e9);
  EXPECT_DOUBLE_EQ(*point.intensity, 10);
  EXPECT_DOUBLE_EQ(*point.bound, 100e9);
  EXPECT_DOUBLE_EQ(*point.share_of_bound, 0.5);
  EXPECT_EQ(point.limit, Limit::kCompute);
}

TEST(Roofline, LeftOfTheRidgeTheBandwidthTimesTheIntensityIsTheBound) {
  // The same work in int8, whose ridge is further to the right.
  const RooflinePoint point =
      PlaceUnder(kRoof, {1'000'000'000, 200'000'000, 40e6, v1::PRECISION_INT8_STATIC});
  EXPECT_DOUBLE_EQ(*point.bound, 200e9);
  EXPECT_DOUBLE_EQ(*point.share_of_bound, 0.25);
  EXPECT_EQ(point.limit, Limit::kMemory);
}

TEST(Roofline, WhatMultipliesNothingIsHeldAgainstTheBandwidth) {
  const RooflinePoint point = PlaceUnder(kRoof, {0, 20'000'000, 2e6, v1::PRECISION_FP32});
  EXPECT_EQ(point.flops, std::nullopt);
  EXPECT_EQ(point.bound, std::nullopt);
  EXPECT_DOUBLE_EQ(*point.share_of_bound, 0.5);
  EXPECT_EQ(point.limit, Limit::kMemory);
}

TEST(Roofline, BeyondTheBoundIsShownAsItIs) {
  const RooflinePoint point =
      PlaceUnder(kRoof, {1'000'000'000, 2'000'000'000, 50e6, v1::PRECISION_FP32});
  EXPECT_DOUBLE_EQ(*point.share_of_bound, 2);
}

TEST(Roofline, WhatIsUnknownHasNoBound) {
  for (const Work& work :
       {Work{std::nullopt, 100, 10, v1::PRECISION_FP32},
        Work{100, std::nullopt, 10, v1::PRECISION_FP32}, Work{100, 100, 10, v1::PRECISION_FP16},
        Work{100, 100, 0, v1::PRECISION_FP32}}) {
    EXPECT_EQ(PlaceUnder(kRoof, work).bound, std::nullopt);
    EXPECT_EQ(PlaceUnder(kRoof, work).limit, Limit::kUnknown);
  }
  EXPECT_EQ(PlaceUnder(Roof{}, {100, 100, 10, v1::PRECISION_FP32}).bound, std::nullopt);
}

TEST(Roofline, WeightsThatAreOnlyStoredInInt8AreMultipliedInFp32) {
  EXPECT_EQ(kRoof.FlopsOf(v1::PRECISION_INT8_WEIGHT_ONLY), 100e9);
  EXPECT_EQ(kRoof.FlopsOf(v1::PRECISION_INT8_DYNAMIC), 400e9);
  EXPECT_EQ(kRoof.FlopsOf(v1::PRECISION_BF16), std::nullopt);
}

TEST(Roofline, APeakIsTheMedianOfItsRuns) {
  v1::RooflinePeaks::Peak peak;
  EXPECT_EQ(SummaryOf(peak), std::nullopt);
  for (const double rate : {4.0, 1.0, 3.0, 2.0}) peak.add_per_second(rate);
  const std::optional<PeakSummary> summary = SummaryOf(peak);
  ASSERT_TRUE(summary.has_value());
  EXPECT_DOUBLE_EQ(summary->median, 2.5);
  EXPECT_DOUBLE_EQ(summary->min, 1);
  EXPECT_DOUBLE_EQ(summary->max, 4);
  EXPECT_EQ(summary->runs, 4);
}

TEST(Roofline, TheRoofIsThatOfAsManyThreads) {
  const db::Measurement peaks = TypicalPeaks();
  const Roof one = RoofOf(peaks.result.peaks(), 1);
  EXPECT_DOUBLE_EQ(*one.fp32_flops, 50e9);
  EXPECT_DOUBLE_EQ(*one.bandwidth, 10e9);
  const Roof two = RoofOf(peaks.result.peaks(), 2);
  EXPECT_DOUBLE_EQ(*two.int8_flops, 400e9);
  EXPECT_EQ(RoofOf(peaks.result.peaks(), 4).bandwidth, std::nullopt);
}

TEST(Roofline, AMachineIsTheSameWithOtherMemoryFreeAndAnotherWithOtherLibraries) {
  v1::Environment a;
  a.mutable_host()->set_hostname("pi");
  a.mutable_host()->set_governor("performance");
  a.mutable_torch()->set_blas("openblas 0.3.21");
  v1::Environment b = a;
  b.mutable_host()->set_memory_available_bytes(1000);
  EXPECT_TRUE(SameMachine(a, b));
  b.mutable_torch()->set_blas("reference");
  EXPECT_FALSE(SameMachine(a, b));
  b = a;
  b.mutable_host()->set_governor("powersave");
  EXPECT_FALSE(SameMachine(a, b));
}

TEST(RooflineReport, TheModelIsUnderTheRoofOfItsPrecisionWithoutTheProfiler) {
  db::Measurement profile = TypicalProfile();
  profile.result.mutable_profile()->mutable_operators()->RemoveLast();  // of unknown work
  const ModelRoofline model = PlaceModel(profile, kRoof, 2);
  // 210 M multiply-adds over 7 MB in 4 ms.
  EXPECT_DOUBLE_EQ(*model.whole.point.flops, 105e9);
  EXPECT_DOUBLE_EQ(*model.whole.point.intensity, 60);
  EXPECT_DOUBLE_EQ(*model.whole.point.share_of_bound, 105.0 / 400);
  ASSERT_THAT(model.operators, SizeIs(2));
  EXPECT_EQ(model.operators[0].label, "features.1.0");
  EXPECT_DOUBLE_EQ(*model.operators[0].point.share_of_bound, 0.5);
}

TEST(RooflineReport, TheModelHasNoPlaceWhereTheWorkOfAnOperatorIsUnknown) {
  const db::Measurement profile = TypicalProfile();
  const ModelRoofline model = PlaceModel(profile, kRoof, 10);
  EXPECT_EQ(model.whole.point.bound, std::nullopt);
  EXPECT_THAT(model.operators, SizeIs(4));
}

TEST(RooflineReport, SaysThatPeaksOfABusyDeviceAreNone) {
  db::Measurement peaks = TypicalPeaks();
  EXPECT_THAT(RooflineText(peaks, {}, {}), Not(HasSubstr("--remeasure")));
  peaks.result.mutable_peaks()->mutable_peaks(0)->add_per_second(1e12);
  EXPECT_THAT(RooflineText(peaks, {}, {}), HasSubstr("--remeasure measures them again"));
}

TEST(RooflineReport, SaysWhatMoreThanAllMeans) {
  const db::Measurement peaks = TypicalPeaks();
  const db::Measurement profile = TypicalProfile();
  const ModelRoofline below = PlaceModel(profile, kRoof, 4);
  EXPECT_THAT(RooflineText(peaks, {below}, {}), Not(HasSubstr("more than 100 %")));
  const Roof low{1e9, 1e9, 1e9};
  const ModelRoofline above = PlaceModel(profile, low, 4);
  EXPECT_THAT(RooflineText(peaks, {above}, {}), HasSubstr("more than 100 %: operands came from"));
}

}  // namespace
}  // namespace edgebench::controller
