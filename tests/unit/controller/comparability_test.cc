#include "controller/report/comparability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(SpeedUp, HasTheBoundsOfBothIntervals) {
  const auto speed_up = CompareLatency(TypicalMeasurement(v1::PRECISION_FP32, 8),
                                       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), 1);
  ASSERT_TRUE(speed_up);
  EXPECT_DOUBLE_EQ(speed_up->ratio, 2);
  EXPECT_LT(*speed_up->low, 2);
  EXPECT_GT(*speed_up->high, 2);
  EXPECT_TRUE(speed_up->resolved);
  EXPECT_EQ(SpeedUpText(*speed_up), "2.00×");
}

TEST(SpeedUp, IsUnresolvedWhenTheIntervalsAllowOne) {
  const auto speed_up = CompareLatency(TypicalMeasurement(v1::PRECISION_FP32, 8.00),
                                       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 7.95), 1);
  ASSERT_TRUE(speed_up);
  EXPECT_FALSE(speed_up->resolved);
  EXPECT_EQ(SpeedUpText(*speed_up), "≈ 1×");
}

TEST(SpeedUp, HasNoIntervalFromTooFewSamples) {
  const db::Measurement few =
      MeasurementFrom(MakeResult(SettingsOf("mobilenet_v2", v1::PRECISION_FP32), {8}));
  const auto speed_up = CompareLatency(few, TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), 1);
  ASSERT_TRUE(speed_up);
  EXPECT_FALSE(speed_up->low);
  EXPECT_FALSE(speed_up->resolved);
}

TEST(SpeedUp, IsDoubtfulWithoutAnInterval) {
  SpeedUp speed_up;
  speed_up.ratio = 13.44;
  EXPECT_EQ(SpeedUpText(speed_up), "13.4×?");
}

TEST(SpeedUp, IsNearlyOneOnlyWhereTheIntervalIsNarrow) {
  SpeedUp speed_up;
  speed_up.ratio = 1.2;
  speed_up.low = 0.8;
  speed_up.high = 5;
  EXPECT_EQ(SpeedUpText(speed_up), "unresolved");
  speed_up.low = 0.95;
  speed_up.high = 1.2;
  EXPECT_EQ(SpeedUpText(speed_up), "unresolved");
  speed_up.high = 1.1;
  EXPECT_EQ(SpeedUpText(speed_up), "≈ 1×");
}

TEST(SpeedUp, OfAnInvalidFigureIsNeverResolvedAndSaysWhy) {
  const auto fp32 = TypicalMeasurement(v1::PRECISION_FP32, 8);
  const auto int8 = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  const auto of_swapped = CompareLatency(Marked(fp32, "swapped: 12 MB were swapped out"), int8, 1);
  EXPECT_FALSE(of_swapped->resolved);
  EXPECT_THAT(of_swapped->doubts, ElementsAre("the baseline is marked swapped"));
  EXPECT_EQ(SpeedUpText(*of_swapped), "2.00×?");
  const auto to_unsettled = CompareLatency(fp32, Marked(int8, "unsettled: too few calls"), 1);
  EXPECT_FALSE(to_unsettled->resolved);
  EXPECT_THAT(to_unsettled->doubts, ElementsAre("this measurement is marked unsettled"));
}

TEST(SpeedUp, OfAnUnconvergedFigureIsWhatItsIntervalSays) {
  const auto speed_up = CompareLatency(
      Marked(TypicalMeasurement(v1::PRECISION_FP32, 8), "unconverged: interval ±9.9 %"),
      TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), 1);
  EXPECT_TRUE(speed_up->resolved);
  EXPECT_TRUE(speed_up->doubts.empty());
}

TEST(SpeedUp, FromSingleProcessesIsDoubtful) {
  auto fp32 = TypicalMeasurement(v1::PRECISION_FP32, 8);
  fp32.processes.resize(1);
  const auto speed_up = CompareLatency(fp32, TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), 1);
  EXPECT_FALSE(speed_up->resolved);
  EXPECT_EQ(SpeedUpText(*speed_up), "2.00×?");
  EXPECT_THAT(speed_up->doubts, ElementsAre(HasSubstr("in one process")));
}

TEST(SpeedUp, IsKnownLessWellWhereMoreAreComparedTogether) {
  auto fp32 = TypicalMeasurement(v1::PRECISION_FP32, 8);
  auto int8 = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  // Processes that differ by some percent.
  for (size_t i = 0; i < 3; ++i) {
    for (int64_t& sample : fp32.processes[i]) sample += static_cast<int64_t>(i) * 200'000;
    for (int64_t& sample : int8.processes[i]) sample += static_cast<int64_t>(i) * 100'000;
  }
  const auto alone = CompareLatency(fp32, int8, 1);
  const auto of_five = CompareLatency(fp32, int8, 5);
  EXPECT_DOUBLE_EQ(alone->confidence, 0.95);
  EXPECT_DOUBLE_EQ(of_five->confidence, 0.99);
  EXPECT_LT(*of_five->low, *alone->low);
  EXPECT_GT(*of_five->high, *alone->high);
}

TEST(SpeedUp, OfAFailureIsNone) {
  v1::JobResult oom = MakeResult(SettingsOf("mobilenet_v2", v1::PRECISION_FP32), {});
  oom.set_outcome(v1::OUTCOME_OOM);
  EXPECT_FALSE(CompareLatency(MeasurementFrom(std::move(oom)),
                              TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), 1));
}

TEST(Comparability, ForbidsWhatRanOnAnotherTarget) {
  const auto cuda = OnTarget(TypicalMeasurement(v1::PRECISION_FP32, 1), "cuda:0");
  const auto cpu = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  EXPECT_THAT(ForbiddingDifferences(cuda, cpu, Axis::kPrecision),
              ElementsAre("target differs (cuda:0, cpu)"));
  EXPECT_THAT(ForbiddingDifferences(cpu, cpu, Axis::kPrecision), IsEmpty());
}

TEST(Comparability, ForbidsWhatHeardOrDecodedSomethingElse) {
  const auto decoded = [](int frames, double ctc_weight) {
    db::Measurement measurement = TypicalMeasurement(v1::PRECISION_FP32, 1);
    measurement.result.mutable_settings()->set_frames(frames);
    measurement.result.mutable_settings()->mutable_decoding()->set_ctc_weight(ctc_weight);
    return measurement;
  };
  EXPECT_THAT(ForbiddingDifferences(decoded(100, 0), decoded(200, 0.3), Axis::kDevice),
              ElementsAre("frames differs (100, 200)", "CTC weight differs (0, 0.3)"));
}

TEST(Comparability, TakesThreadsForAChoiceOnOneDeviceAndForAPropertyBetweenTwo) {
  const auto two = TypicalMeasurement(v1::PRECISION_FP32, 8);
  auto four = TypicalMeasurement(v1::PRECISION_FP32, 8, "pi4");
  four.result.set_threads(4);
  EXPECT_THAT(ForbiddingDifferences(two, four, Axis::kPrecision),
              ElementsAre("thread count differs (2, 4)"));
  EXPECT_THAT(ForbiddingDifferences(two, four, Axis::kDevice), IsEmpty());
  EXPECT_THAT(NotableDifferences(two, four, Axis::kDevice),
              ElementsAre("thread count differs (2, 4)"));
}

TEST(Comparability, ForbidsPrecisionsOfTwoProcessorsUnderOneDeviceName) {
  const auto old = OnProcessor(TypicalMeasurement(v1::PRECISION_FP32, 80, "pi"), "Cortex-A72");
  const auto now =
      OnProcessor(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 9, "pi"), "Cortex-A76");
  EXPECT_THAT(ForbiddingDifferences(old, now, Axis::kPrecision),
              ElementsAre("processor differs (Cortex-A72, Cortex-A76)"));
  EXPECT_THAT(ForbiddingDifferences(old, now, Axis::kDevice), IsEmpty());
  EXPECT_THAT(NotableDifferences(old, now, Axis::kDevice), Not(Contains(HasSubstr("processor"))));
}

TEST(Comparability, TakesAProcessorThatIsNotKnownForNoOtherOne) {
  const auto unknown = TypicalMeasurement(v1::PRECISION_FP32, 80);
  const auto known = OnProcessor(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 9), "Cortex-A76");
  EXPECT_THAT(ForbiddingDifferences(unknown, known, Axis::kPrecision), IsEmpty());
  EXPECT_THAT(NotableDifferences(unknown, known, Axis::kPrecision),
              ElementsAre("processor differs (unknown, Cortex-A76)"));
}

TEST(Comparability, NotesThatTheMachineUnderOneDeviceNameChanged) {
  const auto before = TypicalMeasurement(v1::PRECISION_FP32, 8);
  auto after = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  after.result.mutable_environment()->mutable_host()->set_hostname("pi-new");
  after.result.mutable_environment()->mutable_host()->set_kernel("Linux 6.6");
  after.result.mutable_environment()->mutable_torch()->set_cpu_capability("AVX2");
  EXPECT_THAT(ForbiddingDifferences(before, after, Axis::kPrecision), IsEmpty());
  EXPECT_THAT(
      NotableDifferences(before, after, Axis::kPrecision),
      ElementsAre("hostname differs (unknown, pi-new)", "kernel differs (unknown, Linux 6.6)",
                  "CPU capability differs (unknown, AVX2)"));
}

TEST(Comparability, NotesAnOptimizationThatFellBack) {
  const auto full = TypicalMeasurement(v1::PRECISION_FP32, 8);
  auto frozen = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  frozen.result.set_optimize(v1::OPTIMIZE_FREEZE);
  EXPECT_THAT(NotableDifferences(full, frozen, Axis::kPrecision),
              ElementsAre("optimization differs (full, freeze)"));
}

}  // namespace
}  // namespace edgebench::controller
