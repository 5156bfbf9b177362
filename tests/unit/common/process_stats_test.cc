#include "common/process_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "common/distributions.h"

namespace edgebench {
namespace {

// So many samples that each are the same.
std::vector<int64_t> Constant(int64_t value, int samples = 6) {
  return std::vector<int64_t>(static_cast<size_t>(samples), value);
}

// Around `middle` by `step`, in an order without a trend: 7 samples, whose 95 % interval
// is from the smallest to the largest.
std::vector<int64_t> Around(int64_t middle, int64_t step) {
  return {middle - step,
          middle + 2 * step,
          middle - 3 * step,
          middle + 3 * step,
          middle - 2 * step,
          middle + step,
          middle};
}

TEST(StudentTQuantile, IsThatOfTheTables) {
  EXPECT_NEAR(StudentTQuantile(0.975, 1), 12.7062, 1e-4);
  EXPECT_NEAR(StudentTQuantile(0.975, 2), 4.30265, 1e-5);
  EXPECT_NEAR(StudentTQuantile(0.95, 4), 2.13185, 1e-5);
  EXPECT_NEAR(StudentTQuantile(0.975, 2.5), 3.57465, 1e-5);
  EXPECT_NEAR(StudentTQuantile(0.025, 2), -4.30265, 1e-5);
}

TEST(SummarizeProcesses, TakesAllSamplesTogether) {
  const LatencySummary summary = SummarizeProcesses({{10, 30}, {20, 40, 50}});
  EXPECT_EQ(summary.samples, 5);
  EXPECT_EQ(summary.processes, 2);
  EXPECT_DOUBLE_EQ(*summary.median_ns, 30);
  EXPECT_DOUBLE_EQ(*summary.mean_ns, 30);
  EXPECT_EQ(*summary.min_ns, 10);
}

TEST(SummarizeProcesses, OfOneProcessIsTheSummaryOfItsSamples) {
  const std::vector<int64_t> samples = Around(1000, 10);
  const LatencySummary alone = Summarize(samples);
  const LatencySummary summary = SummarizeProcesses({samples});
  EXPECT_EQ(summary.processes, 1);
  EXPECT_EQ(summary.ci95_ns->low, alone.ci95_ns->low);
  EXPECT_EQ(summary.ci95_ns->high, alone.ci95_ns->high);
}

TEST(SummarizeProcesses, WidensTheIntervalByWhatDiffersBetweenProcesses) {
  // ln 1.1 between the medians: 4.30265 * ln 1.1 / sqrt(3) around ln 110 is 86.81 to 139.39.
  const LatencySummary summary =
      SummarizeProcesses({Constant(100'000), Constant(110'000), Constant(121'000)});
  EXPECT_DOUBLE_EQ(*summary.median_ns, 110'000);
  EXPECT_NEAR(static_cast<double>(summary.ci95_ns->low), 86'809, 2);
  EXPECT_NEAR(static_cast<double>(summary.ci95_ns->high), 139'386, 2);
  EXPECT_NEAR(*summary.relative_ci, (139'386.0 - 86'809.0) / 2 / 110'000, 1e-4);
}

TEST(SummarizeProcesses, IsNeverNarrowerThanTheIntervalOfAllSamples) {
  // The medians agree to the nanosecond; the samples do not.
  const ProcessSamples processes = {Around(1000, 50), Around(1000, 50), Around(1000, 50)};
  const LatencySummary summary = SummarizeProcesses(processes);
  EXPECT_LT(summary.ci95_ns->low, 1000);
  EXPECT_GT(summary.ci95_ns->high, 1000);
}

TEST(SummarizeProcesses, LeavesOutProcessesWithoutSamples) {
  const LatencySummary summary = SummarizeProcesses({Constant(100), {}, Constant(100)});
  EXPECT_EQ(summary.processes, 2);
  EXPECT_EQ(summary.samples, 12);
  EXPECT_EQ(SummarizeProcesses({{}, {}}).processes, 0);
  EXPECT_FALSE(SummarizeProcesses({}).median_ns.has_value());
}

TEST(SummarizeProcesses, HasNoIntervalBelowSixSamples) {
  EXPECT_FALSE(SummarizeProcesses({{1, 2}, {1, 2}}).ci95_ns.has_value());
}

TEST(CompareMedians, GivesTheRatioOfTheMedians) {
  const auto estimate = CompareMedians({Constant(200)}, {Constant(100)}, 0.95);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_DOUBLE_EQ(estimate->ratio, 2);
}

TEST(CompareMedians, IsWelchsIntervalWhereOnlyProcessesVary) {
  // Of both sides the logarithms are ln 1.1 apart: the variance of each mean is
  // 0.0090841 / 3, 4 degrees of freedom, 2.77645 * sqrt(2 * 0.0030280) = 0.21607.
  const ProcessSamples slow = {Constant(200'000), Constant(220'000), Constant(242'000)};
  const ProcessSamples fast = {Constant(100'000), Constant(110'000), Constant(121'000)};
  const auto estimate = CompareMedians(slow, fast, 0.95);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_TRUE(estimate->knows_processes);
  EXPECT_DOUBLE_EQ(estimate->ratio, 2);
  // The intervals of all 18 samples are from 100 to 121 as well, so that they recover
  // sqrt(2) * ln 1.1 = 0.13479, which is less.
  EXPECT_NEAR(*estimate->low, 2 * std::exp(-0.21607), 1e-3);
  EXPECT_NEAR(*estimate->high, 2 * std::exp(0.21607), 1e-3);
}

TEST(CompareMedians, RecoversTheIntervalFromThoseOfTheSidesWhereEachHasOneProcess) {
  // 970 to 1030 around 1000, and 485 to 515 around 500: the same in logarithms.
  const auto estimate = CompareMedians({Around(1000, 10)}, {Around(500, 5)}, 0.95);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_FALSE(estimate->knows_processes);
  EXPECT_DOUBLE_EQ(estimate->ratio, 2);
  const double below = std::hypot(std::log(1000.0 / 970), std::log(515.0 / 500));
  const double above = std::hypot(std::log(1030.0 / 1000), std::log(500.0 / 485));
  EXPECT_NEAR(*estimate->low, 2 * std::exp(-below), 1e-9);
  EXPECT_NEAR(*estimate->high, 2 * std::exp(above), 1e-9);
}

TEST(CompareMedians, KnowsOfProcessesOnlyWhereBothSidesHaveSeveral) {
  const ProcessSamples several = {Constant(100), Constant(101)};
  EXPECT_FALSE(CompareMedians(several, {Constant(100)}, 0.95)->knows_processes);
  EXPECT_FALSE(CompareMedians({Constant(100)}, several, 0.95)->knows_processes);
  EXPECT_TRUE(CompareMedians(several, several, 0.95)->knows_processes);
}

TEST(CompareMedians, IsWiderWhereMoreConfidenceIsAskedFor) {
  const ProcessSamples a = {Constant(100'000), Constant(102'000), Constant(104'000)};
  const ProcessSamples b = {Constant(90'000), Constant(91'000), Constant(92'000)};
  const auto at_95 = CompareMedians(a, b, 0.95);
  const auto at_99 = CompareMedians(a, b, 0.99);
  EXPECT_LT(*at_99->low, *at_95->low);
  EXPECT_GT(*at_99->high, *at_95->high);
}

TEST(CompareMedians, HasNoIntervalBelowSixSamplesAndNoRatioWithoutAny) {
  const auto few = CompareMedians({{100, 100}}, {Constant(50)}, 0.95);
  ASSERT_TRUE(few.has_value());
  EXPECT_DOUBLE_EQ(few->ratio, 2);
  EXPECT_FALSE(few->low.has_value());
  EXPECT_FALSE(CompareMedians({}, {Constant(50)}, 0.95).has_value());
  EXPECT_FALSE(CompareMedians({Constant(0)}, {Constant(50)}, 0.95).has_value());
}

TEST(ConfidenceOfEach, SharesTheErrorAmongTheComparisons) {
  EXPECT_DOUBLE_EQ(ConfidenceOfEach(0.95, 1), 0.95);
  EXPECT_DOUBLE_EQ(ConfidenceOfEach(0.95, 5), 0.99);
}

}  // namespace
}  // namespace edgebench
