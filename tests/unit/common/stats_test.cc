#include "common/stats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace edgebench {
namespace {

// 1, 2, ..., n: an order statistic is its own rank.
std::vector<int64_t> OneTo(int n) {
  std::vector<int64_t> samples(static_cast<size_t>(n));
  std::iota(samples.begin(), samples.end(), 1);
  return samples;
}

TEST(Mean, IsTheArithmeticMean) {
  EXPECT_DOUBLE_EQ(*Mean({1, 2, 3, 10}), 4.0);
  EXPECT_DOUBLE_EQ(*Mean({7}), 7.0);
  EXPECT_FALSE(Mean({}).has_value());
}

TEST(StandardDeviation, DividesByOneLessThanTheCount) {
  EXPECT_DOUBLE_EQ(*StandardDeviation({2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7.0));
  EXPECT_DOUBLE_EQ(*StandardDeviation({5, 5, 5}), 0.0);
  EXPECT_FALSE(StandardDeviation({5}).has_value());
  EXPECT_FALSE(StandardDeviation({}).has_value());
}

TEST(StandardDeviation, KeepsItsDigitsFarFromZero) {
  // The sum of squares would lose them: 1e15 squared has 31 digits.
  constexpr int64_t kFar = 1'000'000'000'000'000;
  EXPECT_DOUBLE_EQ(*StandardDeviation({kFar + 4, kFar + 7, kFar + 13, kFar + 16}), std::sqrt(30.0));
}

TEST(Median, IsTheMiddleInWhateverOrder) {
  EXPECT_DOUBLE_EQ(*Median({9, 1, 5}), 5.0);
  EXPECT_DOUBLE_EQ(*Median({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(*Median({8}), 8.0);
  EXPECT_FALSE(Median({}).has_value());
}

TEST(Median, DoesNotOverflow) {
  EXPECT_DOUBLE_EQ(*Median({INT64_MAX, INT64_MAX}), static_cast<double>(INT64_MAX));
}

TEST(Quantile, InterpolatesAsTypeSevenDoes) {
  // R: quantile(c(1, 2, 3, 4, 10), c(0, .25, .9, 1), type = 7)
  const std::vector<int64_t> samples = {10, 1, 4, 2, 3};
  EXPECT_DOUBLE_EQ(*Quantile(samples, 0), 1.0);
  EXPECT_DOUBLE_EQ(*Quantile(samples, 0.25), 2.0);
  EXPECT_DOUBLE_EQ(*Quantile(samples, 0.9), 7.6);
  EXPECT_DOUBLE_EQ(*Quantile(samples, 1), 10.0);
  EXPECT_FALSE(Quantile({}, 0.5).has_value());
  EXPECT_FALSE(Quantile(samples, 1.1).has_value());
}

TEST(MedianConfidenceInterval, NeedsSixSamplesAtNinetyFivePercent) {
  // Of five samples even the extremes cover only 1 - 2/32 = 93.75 %.
  EXPECT_FALSE(MedianConfidenceInterval(OneTo(5)).has_value());
  EXPECT_FALSE(MedianConfidenceInterval({}).has_value());
  EXPECT_TRUE(MedianConfidenceInterval(OneTo(5), 0.93).has_value());
}

TEST(MedianConfidenceInterval, HasTheRanksOfTheBinomialTable) {
  // Largest r with 2 P(Bin(n, 1/2) < r) <= 0.05, from sums of binomial
  // coefficients over 2^n: for n = 20, 1 + 20 + 190 + 1140 + 4845 = 6196 of
  // 1048576 lie below 5, coverage 0.98818; one more makes 0.9586 for r = 6.
  const struct {
    int n, r;
  } table[] = {{6, 1},  {7, 1},  {8, 1},  {9, 2},  {10, 2}, {11, 2}, {12, 3}, {13, 3},
               {14, 3}, {15, 4}, {16, 4}, {17, 5}, {18, 5}, {19, 5}, {20, 6}};
  for (const auto& row : table) {
    const auto interval = MedianConfidenceInterval(OneTo(row.n));
    ASSERT_TRUE(interval.has_value()) << row.n;
    EXPECT_EQ(interval->low, row.r) << row.n;
    EXPECT_EQ(interval->high, row.n + 1 - row.r) << row.n;
  }
}

TEST(MedianConfidenceInterval, WorksWhereTheSmallestTermUnderflows) {
  // n = 2000: the normal approximation gives 1000.5 -+ 1.96 sqrt(500), 956.7 and 1044.3.
  const auto interval = MedianConfidenceInterval(OneTo(2000));
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low + interval->high, 2001);
  EXPECT_NEAR(static_cast<double>(interval->low), 956.7, 1.0);
}

TEST(Summarize, StatesAllThatTheSamplesAllow) {
  std::vector<int64_t> samples;  // in no order that looks like a trend
  for (int i = 1; i <= 20; ++i) samples.push_back(i % 2 == 0 ? i : 20 - i);
  const LatencySummary summary = Summarize(samples);
  EXPECT_EQ(summary.samples, 20);
  EXPECT_DOUBLE_EQ(*summary.median_ns, 10.5);
  EXPECT_DOUBLE_EQ(*summary.mean_ns, 10.5);
  EXPECT_DOUBLE_EQ(*summary.stddev_ns, std::sqrt(35.0));
  EXPECT_EQ(*summary.min_ns, 1);
  EXPECT_EQ(summary.ci95_ns->low, 6);
  EXPECT_EQ(summary.ci95_ns->high, 15);
  EXPECT_DOUBLE_EQ(*summary.relative_ci, 4.5 / 10.5);
}

TEST(Summarize, StatesHighQuantilesFromEnoughSamplesOn) {
  EXPECT_FALSE(Summarize(OneTo(63)).p90_ns.has_value());
  EXPECT_DOUBLE_EQ(*Summarize(OneTo(64)).p90_ns, 57.7);
  EXPECT_FALSE(Summarize(OneTo(64)).p99_ns.has_value());
  EXPECT_FALSE(Summarize(OneTo(661)).p99_ns.has_value());
  EXPECT_DOUBLE_EQ(*Summarize(OneTo(662)).p99_ns, 655.39);
}

TEST(Summarize, OfNothingKnowsNothing) {
  const LatencySummary summary = Summarize({});
  EXPECT_EQ(summary.samples, 0);
  EXPECT_FALSE(summary.median_ns || summary.mean_ns || summary.stddev_ns || summary.min_ns ||
               summary.ci95_ns || summary.relative_ci);
}

TEST(MedianAutocorrelationTime, IsOneWhereSamplesTakeTurns) {
  EXPECT_DOUBLE_EQ(MedianAutocorrelationTime({1, 9, 2, 8, 1, 9, 2, 8, 1, 9, 2, 8}), 1);
  EXPECT_DOUBLE_EQ(MedianAutocorrelationTime({5, 5, 5, 5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(MedianAutocorrelationTime({1, 2, 3, 4, 5}), 1);
}

TEST(MedianAutocorrelationTime, GrowsWithTheLengthOfPhases) {
  // Phases of 8: the autocorrelations at lags 0 to 3 are 1, 55/64, 46/64, 37/64 ... of a
  // square wave that ends; pairs are summed until one is not above 0.
  std::vector<int64_t> phases;
  for (int i = 0; i < 64; ++i) phases.push_back(i / 8 % 2 == 0 ? 10 : 20);
  const double time = MedianAutocorrelationTime(phases);
  EXPECT_GT(time, 4);
  EXPECT_LT(time, 12);
}

TEST(MedianAutocorrelationTime, OfALongSeriesIsThatOfItsBlocks) {
  // Phases of 500 in a series of 100,000: as long whether taken one by one or in blocks of 25.
  std::vector<int64_t> phases, short_phases;
  for (int i = 0; i < 100'000; ++i) phases.push_back(i / 500 % 2 == 0 ? 10 : 20);
  for (int i = 0; i < 4000; ++i) short_phases.push_back(i / 20 % 2 == 0 ? 10 : 20);
  const double of_blocks = MedianAutocorrelationTime(phases);
  EXPECT_NEAR(of_blocks / (25 * MedianAutocorrelationTime(short_phases)), 1, 0.1);
  // Turns within blocks leave no variance between them.
  std::vector<int64_t> turns;
  for (int i = 0; i < 100'000; ++i) turns.push_back(i % 2 == 0 ? 10 : 20);
  EXPECT_DOUBLE_EQ(MedianAutocorrelationTime(turns), 1);
}

TEST(SeriesMedianInterval, IsTheExactOneWhereSamplesAreIndependent) {
  std::vector<int64_t> samples;
  for (int i = 1; i <= 20; ++i) samples.push_back(i % 2 == 0 ? i : 41 - i);  // high, low, high ...
  const auto exact = MedianConfidenceInterval(samples);
  const auto interval = SeriesMedianInterval(samples);
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, exact->low);
  EXPECT_EQ(interval->high, exact->high);
}

TEST(SeriesMedianInterval, GrowsToAllOfASeriesThatOnlyRises) {
  const auto interval = SeriesMedianInterval(OneTo(30));
  ASSERT_TRUE(interval.has_value());
  const auto exact = MedianConfidenceInterval(OneTo(30));
  EXPECT_EQ(exact->low, 10);
  EXPECT_LT(interval->low, 4);
  EXPECT_GT(interval->high, 27);
}

TEST(SeriesMedianInterval, NeedsSixSamples) {
  EXPECT_FALSE(SeriesMedianInterval({1, 2, 3, 4, 5}).has_value());
  EXPECT_TRUE(SeriesMedianInterval({1, 2, 3, 4, 5, 6}).has_value());
}

}  // namespace
}  // namespace edgebench
