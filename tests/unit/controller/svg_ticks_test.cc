#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "controller/report/svg/axis.h"
#include "controller/report/svg/ticks.h"

namespace edgebench::controller::plot {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using ::testing::SizeIs;

std::vector<std::string> LabelsOf(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

TEST(Ticks, AreMultiplesOfOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_THAT(LinearTicks(0, 10, 5), ElementsAre(0, 5, 10));
  EXPECT_THAT(LinearTicks(0, 10, 6), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(LinearTicks(0.3, 1.2, 5), Pointwise(DoubleNear(1e-12), {0.4, 0.6, 0.8, 1.0, 1.2}));
  EXPECT_THAT(LinearTicks(-3, 3, 4), ElementsAre(-2, 0, 2));
}

TEST(Ticks, HoldOfHugeAndOfTinyRanges) {
  EXPECT_THAT(LinearTicks(0, 1e300, 3), ElementsAre(0, DoubleEq(5e299), DoubleEq(1e300)));
  EXPECT_THAT(LinearTicks(0, 2e-300, 3), SizeIs(3));
  EXPECT_THAT(LogTicks(1e-200, 1e200, 5), SizeIs(::testing::Le(5u)));
}

TEST(Ticks, AreNoneOfWhatIsNoRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{
           {1, 1}, {2, 1}, {nan, 1}, {0, nan}, {1, infinity}, {-infinity, 1}}) {
    EXPECT_THAT(LinearTicks(low, high, 5), IsEmpty()) << low << " " << high;
    EXPECT_THAT(LogTicks(low, high, 5), IsEmpty()) << low << " " << high;
  }
  EXPECT_THAT(LogTicks(0, 1, 5), IsEmpty());
}

TEST(Ticks, OfALogarithmicAxisAreDecadesWithTheirPartsWhereThereIsRoom) {
  EXPECT_THAT(LogTicks(1, 20, 5), ElementsAre(1, 2, 5, 10, 20));
  EXPECT_THAT(LogTicks(1, 1000, 4), ElementsAre(1, 10, 100, 1000));
  EXPECT_THAT(LogTicks(1, 1e6, 4), ElementsAre(1, 100, 1e4, 1e6));
}

TEST(Ticks, QuantitiesAreToldInTheirOwnUnit) {
  EXPECT_EQ(QuantityText(Quantity::kNanos, 5e3), "5 µs");
  EXPECT_EQ(QuantityText(Quantity::kNanos, 2e9), "2 s");
  EXPECT_EQ(QuantityText(Quantity::kNanos, 0.5), "0.5 ns");
  EXPECT_EQ(QuantityText(Quantity::kBytes, 14.4e6), "14.4 MB");
  EXPECT_EQ(QuantityText(Quantity::kJoules, 0.08), "80 mJ");
  EXPECT_EQ(QuantityText(Quantity::kPerSecond, 1e12), "1 TFLOP/s");
  EXPECT_EQ(QuantityText(Quantity::kNumber, 1000), "1000");
}

TEST(Axis, OfATimeHasOneUnitInItsTitle) {
  AxisSpec spec;
  spec.title = "median latency";
  spec.quantity = Quantity::kNanos;
  spec.from_zero = true;
  const Axis axis(spec, {2e6, 4e6}, 200, 0, 5);
  EXPECT_EQ(axis.title(), "median latency (ms)");
  EXPECT_THAT(LabelsOf(axis), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_DOUBLE_EQ(axis.At(0), 200);
  EXPECT_TRUE(axis.Shows(4e6));
  EXPECT_FALSE(axis.Shows(5e6));
}

TEST(Axis, OfFewValuesHasItsMarksAtThem) {
  AxisSpec spec;
  spec.log = true;
  spec.only = {1, 4, 16};
  const Axis axis(spec, {1, 4, 16}, 0, 100, 8);
  EXPECT_THAT(LabelsOf(axis), ElementsAre("1", "4", "16"));
  EXPECT_NEAR(axis.At(4), 50, 1e-9);
}

TEST(Axis, OfNothingOrOfOneValueIsAnAxis) {
  for (const bool log : {false, true}) {
    AxisSpec spec;
    spec.log = log;
    const Axis empty(spec, {}, 0, 100, 5);
    EXPECT_LT(empty.low(), empty.high());
    const Axis single(spec, {7}, 0, 100, 5);
    EXPECT_NEAR(single.At(7), 50, 1e-9);
    const Axis odd(spec, {-1, 0, std::numeric_limits<double>::infinity()}, 0, 100, 5);
    EXPECT_LT(odd.low(), odd.high());
  }
}

}  // namespace
}  // namespace edgebench::controller::plot
