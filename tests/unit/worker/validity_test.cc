#include "agent/worker/validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Measurement Unconverged(size_t samples, std::optional<double> relative_ci) {
  Measurement measurement;
  measurement.samples_ns.assign(samples, 1);
  measurement.relative_ci = relative_ci;
  return measurement;
}

TEST(Validity, HoldsForAConvergedMeasurement) {
  Measurement measurement = Unconverged(16, 0.01);
  measurement.converged = true;
  const v1::Validity validity = JudgeValidity(MeasureOptions(), measurement, {});
  EXPECT_TRUE(validity.valid());
  EXPECT_THAT(validity.reasons(), IsEmpty());
}

TEST(Validity, FailsWithTheIntervalAndTheGoalWhenUnconverged) {
  const v1::Validity validity = JudgeValidity(MeasureOptions(), Unconverged(212, 0.0712), {});
  EXPECT_FALSE(validity.valid());
  EXPECT_THAT(validity.reasons(),
              ElementsAre("unconverged: interval ±7.12 % after 212 samples, goal ±3 %"));
}

TEST(Validity, SaysHowManySamplesAnIntervalNeeds) {
  EXPECT_THAT(JudgeValidity(MeasureOptions(), Unconverged(4, std::nullopt), {}).reasons(),
              ElementsAre("unconverged: no interval from 4 samples, 6 are needed, goal ±3 %"));
}

TEST(Validity, SaysHowManySamplesWereTheLeast) {
  EXPECT_THAT(JudgeValidity(MeasureOptions(), Unconverged(9, 0.001), {}).reasons(),
              ElementsAre("unconverged: interval ±0.1 % after 9 samples, goal ±3 % with at "
                          "least 16 samples"));
}

TEST(Validity, NeverFailsAFixedNumberOfSamplesForItsInterval) {
  MeasureOptions options;
  options.fixed_samples = 3;
  EXPECT_TRUE(JudgeValidity(options, Unconverged(3, std::nullopt), {}).valid());
}

TEST(Validity, FailsForOtherReasonsEvenWhenConverged) {
  Measurement measurement = Unconverged(16, 0.01);
  measurement.converged = true;
  const v1::Validity validity = JudgeValidity(MeasureOptions(), measurement, {"swapped: much"});
  EXPECT_FALSE(validity.valid());
  EXPECT_THAT(validity.reasons(), ElementsAre("swapped: much"));
}

TEST(SwapWatch, IsSilentWhenNothingWasSwapped) {
  FakeProc proc;
  ASSERT_TRUE(proc.WriteStatus("VmSwap:\t0 kB\n"));
  ASSERT_TRUE(proc.WriteVmstat("pswpout 42\n"));
  const ProcessMemory memory(proc.root());
  EXPECT_THAT(SwapWatch(memory).Reasons(), IsEmpty());
}

TEST(SwapWatch, ReportsPagesThatWentOutMeanwhile) {
  FakeProc proc;
  ASSERT_TRUE(proc.WriteVmstat("pswpout 42\n"));
  const ProcessMemory memory(proc.root());
  const SwapWatch watch(memory);
  ASSERT_TRUE(proc.WriteVmstat("pswpout 45\n"));
  EXPECT_THAT(watch.Reasons(), ElementsAre("swapped: the device wrote 3 pages to swap meanwhile"));
}

TEST(SwapWatch, ReportsAWorkerThatLiesInSwap) {
  FakeProc proc;
  ASSERT_TRUE(proc.WriteStatus("VmSwap:\t2000 kB\n"));
  const ProcessMemory memory(proc.root());
  EXPECT_THAT(SwapWatch(memory).Reasons(),
              ElementsAre("swapped: 2.05 MB of the worker lay in swap"));
}

TEST(SwapWatch, IsSilentWhereTheKernelTellsNothing) {
  FakeProc proc;
  const ProcessMemory memory(proc.root());
  EXPECT_THAT(SwapWatch(memory).Reasons(), IsEmpty());
}

}  // namespace
}  // namespace edgebench::worker
