#include "controller/failure_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(FailureCondition, IsAShareToBeSlowerBy) {
  EXPECT_DOUBLE_EQ(ParseFailureCondition("slower than 5%")->slower_than, 0.05);
  EXPECT_DOUBLE_EQ(ParseFailureCondition("  slower  than 12.5 % ")->slower_than, 0.125);
}

TEST(FailureCondition, IsRefusedWithWhatIsUnderstood) {
  for (const char* text :
       {"", "slower", "slower than", "slower than 5", "faster than 5%", "slower than x%",
        "slower than -5%", "slower than 5% please", "slower than 5 % or so"}) {
    const auto condition = ParseFailureCondition(text);
    ASSERT_FALSE(condition.ok()) << text;
    EXPECT_THAT(std::string(condition.status().message()),
                AllOf(HasSubstr(text), HasSubstr("understood is 'slower than 5%'")));
  }
}

// One cell, measured twice.
std::vector<ComparisonBlock> TwoRuns(const db::Measurement& before, const db::Measurement& now) {
  db::Measurement later = now;
  later.id = before.id + 1;
  later.stored_time += absl::Hours(1);
  return BuildComparison({before, later}, Axis::kRun, {});
}

TEST(Judge, FindsWhatIsSlowerThanAllowed) {
  const auto judgement = Judge({0.05}, TwoRuns(TypicalMeasurement(v1::PRECISION_FP32, 10),
                                               TypicalMeasurement(v1::PRECISION_FP32, 11)));
  EXPECT_THAT(judgement.findings,
              ElementsAre(AllOf(HasSubstr("mobilenet_v2 fp32 on local"),
                                HasSubstr("2023-11-14 23:13:20 is 10.0 % slower ("))));
  EXPECT_THAT(judgement.undecided, IsEmpty());
}

TEST(Judge, AllowsWhatIsFasterOrSlowerByLess) {
  const auto before = TypicalMeasurement(v1::PRECISION_FP32, 10);
  EXPECT_THAT(Judge({0.2}, TwoRuns(before, TypicalMeasurement(v1::PRECISION_FP32, 11))).findings,
              IsEmpty());
  EXPECT_THAT(Judge({0.05}, TwoRuns(before, TypicalMeasurement(v1::PRECISION_FP32, 5))).findings,
              IsEmpty());
}

TEST(Judge, DoesNotFailWhatIsNotResolved) {
  // 6 % apart, and so are the processes of each.
  auto before = TypicalMeasurement(v1::PRECISION_FP32, 10);
  auto now = TypicalMeasurement(v1::PRECISION_FP32, 10.6);
  for (size_t i = 0; i < 3; ++i) {
    for (int64_t& sample : before.processes[i]) sample += static_cast<int64_t>(i) * 600'000;
    for (int64_t& sample : now.processes[i]) sample += static_cast<int64_t>(i) * 600'000;
  }
  EXPECT_THAT(Judge({0.05}, TwoRuns(before, now)).findings, IsEmpty());
}

TEST(Judge, SaysOfWhatNothingCanBeSaid) {
  auto one_process = TypicalMeasurement(v1::PRECISION_FP32, 20);
  one_process.processes.resize(1);
  const auto judgement =
      Judge({0.05}, TwoRuns(TypicalMeasurement(v1::PRECISION_FP32, 10), one_process));
  EXPECT_THAT(judgement.findings, IsEmpty());
  EXPECT_THAT(judgement.undecided, ElementsAre(HasSubstr("in one process")));
}

TEST(Judge, FindsWhatNoLongerRuns) {
  v1::JobResult oom = MakeResult(SettingsOf("mobilenet_v2", v1::PRECISION_FP32), {});
  oom.set_outcome(v1::OUTCOME_OOM);
  const auto judgement = Judge(
      {0.05}, TwoRuns(TypicalMeasurement(v1::PRECISION_FP32, 10), MeasurementFrom(std::move(oom))));
  EXPECT_THAT(judgement.findings, ElementsAre(HasSubstr("ended as oom")));
}

}  // namespace
}  // namespace edgebench::controller
