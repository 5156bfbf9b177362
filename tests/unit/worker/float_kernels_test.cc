#include "agent/worker/numerics/float_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace edgebench::worker {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(FindExtremes, IncludesZero) {
  const std::vector<float> positive = {2, 3};
  EXPECT_EQ(FindExtremes(positive.data(), 2).low, 0);
  EXPECT_EQ(FindExtremes(positive.data(), 2).high, 3);
  const std::vector<float> negative = {-2, -3};
  EXPECT_EQ(FindExtremes(negative.data(), 2).low, -3);
  EXPECT_EQ(FindExtremes(negative.data(), 2).high, 0);
}

TEST(FindExtremes, LooksAtEveryValueOfAnyCount) {
  for (size_t count = 1; count < 70; ++count) {
    for (size_t place = 0; place < count; ++place) {
      std::vector<float> values(count, 0.5F);
      values[place] = -7;
      EXPECT_EQ(FindExtremes(values.data(), count).low, -7) << place << " of " << count;
      values[place] = 7;
      EXPECT_EQ(FindExtremes(values.data(), count).high, 7) << place << " of " << count;
      for (const float bad : {kNan, -kNan, kInfinity, -kInfinity}) {
        values[place] = bad;
        EXPECT_FALSE(FindExtremes(values.data(), count).finite) << place << " of " << count;
      }
    }
  }
}

TEST(FindExtremes, TheLargestFloatsAreFinite) {
  const float largest = std::numeric_limits<float>::max();
  const std::vector<float> values = {largest, -largest};
  const FloatExtremes extremes = FindExtremes(values.data(), 2);
  EXPECT_TRUE(extremes.finite);
  EXPECT_EQ(extremes.low, -largest);
  EXPECT_EQ(extremes.high, largest);
}

TEST(MaxAbs, IsTheLargestOnEitherSide) {
  const std::vector<float> values = {1, -4, 3};
  EXPECT_EQ(MaxAbs(values.data(), 3), 4);
  EXPECT_EQ(MaxAbs(values.data(), 1), 1);
  EXPECT_EQ(MaxAbs(values.data(), 0), 0);
}

TEST(MaxAbs, TellsOfNanAndInfinity) {
  for (const float bad : {kNan, -kNan, kInfinity, -kInfinity}) {
    const std::vector<float> values = {1, bad, 3};
    EXPECT_FALSE(std::isfinite(MaxAbs(values.data(), 3)));
  }
}

TEST(MaxAbsPairSum, AddsNeighboursTwoByTwo) {
  const std::vector<float> values = {1, 2, -4, -3, 6, -6, 5};
  EXPECT_EQ(MaxAbsPairSum(values.data(), 7, 1), 7);  // -4 - 3; the 5 has no partner
  EXPECT_EQ(MaxAbsPairSum(values.data(), 2, 1), 3);
  EXPECT_EQ(MaxAbsPairSum(values.data(), 1, 1), 0);
}

TEST(MaxAbsPairSum, AddsBlocksElementByElement) {
  const std::vector<float> values = {1, 2, 3, 4, 5, -6, 9, 9, 9};
  EXPECT_EQ(MaxAbsPairSum(values.data(), 9, 3), 7);  // 2 + 5; the last block has no partner
}

TEST(MaxAbsPairSum, TellsOfNan) {
  const std::vector<float> values = {1, 2, kNan, 3};
  EXPECT_FALSE(std::isfinite(MaxAbsPairSum(values.data(), 4, 1)));
  EXPECT_FALSE(std::isfinite(MaxAbsPairSum(values.data(), 4, 2)));
}

TEST(CountIntoBins, RoundsDownAndCountsZeros) {
  // Bins of width 1/2 from -1 on.
  const std::vector<float> values = {-1, -0.5F, -0.1F, -0.0F, 0, 0.25F, 0.5F, 0.99F};
  std::vector<uint32_t> counters(4 * kBinCopies);
  EXPECT_EQ(CountIntoBins(values.data(), values.size(), 2, -2, counters.data()), 2U);
  std::vector<uint32_t> bins(4);
  for (size_t i = 0; i < counters.size(); ++i) bins[i / kBinCopies] += counters[i];
  EXPECT_EQ(bins, (std::vector<uint32_t>{1, 2, 3, 2}));
}

TEST(QuantizeToInt8, RoundsHalfToEven) {
  const std::vector<float> values = {0.5F,  1.5F,   2.5F,    -0.5F,  -1.5F,
                                     -2.5F, 126.5F, -126.5F, 127.4F, -127.4F};
  std::vector<int8_t> quantized(values.size());
  QuantizeToInt8(values.data(), values.size(), 1, quantized.data());
  EXPECT_EQ(quantized, (std::vector<int8_t>{0, 2, 2, 0, -2, -2, 126, -126, 127, -127}));
}

TEST(QuantizeToInt8, RoundsTheProductToAFloatFirst) {
  const float value = 1.5F;
  const float scale = 1.0F / 3;  // as a float a little more, and so is the exact product
  ASSERT_EQ(value * scale, 0.5F);
  int8_t quantized = -1;
  QuantizeToInt8(&value, 1, scale, &quantized);
  EXPECT_EQ(quantized, 0);
}

}  // namespace
}  // namespace edgebench::worker
