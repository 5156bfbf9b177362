#include "agent/worker/numerics/value_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

namespace edgebench::worker {
namespace {

// What lies in the bins that hold anything, by the edge where they begin.
std::map<double, uint64_t> Filled(const ValueHistogram& histogram) {
  std::map<double, uint64_t> filled;
  for (int bin = 0; bin < ValueHistogram::kBins; ++bin) {
    if (histogram.bins()[bin] != 0) filled[histogram.Edge(bin)] = histogram.bins()[bin];
  }
  return filled;
}

ValueHistogram HistogramOf(const std::vector<float>& values) {
  ValueHistogram histogram;
  histogram.Add(values.data(), values.size());
  return histogram;
}

std::vector<float> Drawn(size_t count, float spread) {
  std::mt19937 generator(count);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  return values;
}

TEST(ValueHistogram, CountsValuesWhereTheyAre) {
  // 4 fits in 4,096 bins of 1/512: [0, 4] has 2,049 of them.
  const ValueHistogram histogram = HistogramOf({0, 0, 0, 0.001F, 1, 4});
  EXPECT_EQ(histogram.width(), 1.0 / 512);
  EXPECT_EQ(Filled(histogram), (std::map<double, uint64_t>{{0, 4}, {1, 1}, {4, 1}}));
  EXPECT_EQ(histogram.zeros(), 3U);
  EXPECT_EQ(histogram.total(), 6U);
  EXPECT_EQ(histogram.low(), 0);
  EXPECT_EQ(histogram.high(), 4);
}

TEST(ValueHistogram, IsTheSameInAnyOrderAndHoweverItIsCut) {
  const std::vector<float> values = Drawn(20000, 3);
  const ValueHistogram whole = HistogramOf(values);
  std::vector<float> other = values;
  const auto expect_same = [&whole](const ValueHistogram& histogram) {
    EXPECT_EQ(Filled(histogram), Filled(whole));
    EXPECT_EQ(histogram.width(), whole.width());
    EXPECT_EQ(histogram.total(), whole.total());
  };
  std::sort(other.begin(), other.end());
  expect_same(HistogramOf(other));
  std::reverse(other.begin(), other.end());
  expect_same(HistogramOf(other));
  ValueHistogram merged;
  for (size_t begin = 0; begin < values.size(); begin += 5000) {
    merged.Merge(HistogramOf({values.begin() + begin, values.begin() + begin + 5000}));
  }
  expect_same(merged);
}

TEST(ValueHistogram, HoldsFloatsOfAnyMagnitude) {
  for (const float magnitude : {1e-45F, 1e-38F, 1e-20F, 1.0F, 1e20F, 3e38F}) {
    ValueHistogram histogram = HistogramOf({-magnitude, 0, magnitude});
    histogram.Merge(HistogramOf({std::numeric_limits<float>::max()}));
    uint64_t count = 0;
    for (const uint64_t in_bin : histogram.bins()) count += in_bin;
    EXPECT_EQ(count, 4U) << magnitude;
    EXPECT_TRUE(histogram.finite());
    EXPECT_EQ(histogram.low(), -magnitude);
  }
}

TEST(ValueHistogram, HalfOfTheBinsCoverTheRange) {
  for (const float spread : {0.001F, 0.3F, 1.0F, 77.0F}) {
    const ValueHistogram histogram = HistogramOf(Drawn(1000, spread));
    const double range = histogram.high() - histogram.low();
    EXPECT_GE(range / histogram.width(), ValueHistogram::kBins / 2 - 2) << spread;
  }
}

TEST(ValueHistogram, TellsOfNan) {
  EXPECT_FALSE(HistogramOf({1, std::nanf(""), 2}).finite());
  ValueHistogram histogram = HistogramOf({1});
  histogram.Merge(HistogramOf({std::nanf("")}));
  EXPECT_FALSE(histogram.finite());
}

}  // namespace
}  // namespace edgebench::worker
