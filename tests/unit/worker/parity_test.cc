#include "agent/worker/torch/parity.h"

#include <gtest/gtest.h>

#include <limits>

namespace edgebench::worker {
namespace {

v1::Parity MustMeasure(const std::vector<at::Tensor>& reference,
                       const std::vector<at::Tensor>& actual) {
  absl::StatusOr<v1::Parity> parity = MeasureParity(reference, actual);
  EXPECT_TRUE(parity.ok()) << parity.status();
  return *parity;
}

TEST(Parity, IsWorkedOutByHandForTwoValues) {
  const v1::Parity parity = MustMeasure({at::tensor({3.0f, 4.0f})}, {at::tensor({3.0f, 3.0f})});
  EXPECT_NEAR(parity.sqnr_db(), 13.979400086720376, 1e-9);  // 10 log10(25 / 1)
  EXPECT_NEAR(parity.cosine(), 0.9899494936611665, 1e-12);  // 21 / (5 sqrt(18))
  EXPECT_DOUBLE_EQ(parity.max_abs_difference(), 1.0);
  EXPECT_FALSE(parity.bit_identical());
  EXPECT_FALSE(parity.has_top1_agreement());
}

TEST(Parity, EqualOutputsAreBitIdenticalAndHaveNoRatio) {
  const v1::Parity parity = MustMeasure({at::tensor({3.0f, 4.0f})}, {at::tensor({3.0f, 4.0f})});
  EXPECT_TRUE(parity.bit_identical());
  EXPECT_FALSE(parity.has_sqnr_db());
  EXPECT_DOUBLE_EQ(parity.cosine(), 1.0);
  EXPECT_DOUBLE_EQ(parity.max_abs_difference(), 0.0);
}

TEST(Parity, AllTensorsOfAnOutputCountAsOneVector) {
  const v1::Parity parity = MustMeasure({at::tensor({3.0f}), at::tensor({4.0f})},
                                        {at::tensor({3.0f}), at::tensor({3.0f})});
  EXPECT_NEAR(parity.sqnr_db(), 13.979400086720376, 1e-9);
}

TEST(Parity, Top1AgreementIsTheShareOfRowsWithTheSameLargestScore) {
  const at::Tensor reference = at::tensor({0.f, 1.f, 5.f, 2.f, 0.f, 9.f, 1.f, 0.f}).view({4, 2});
  const at::Tensor actual = at::tensor({0.f, 2.f, 1.f, 3.f, 0.f, 8.f, 1.f, 0.f}).view({4, 2});
  EXPECT_DOUBLE_EQ(MustMeasure({reference}, {actual}).top1_agreement(), 0.75);
}

TEST(Parity, OfTokensOnlyTheShareOfEqualOnesCounts) {
  const at::Tensor scores = at::tensor({3.0f, 4.0f}), other_scores = at::tensor({3.0f, 3.0f});
  const at::Tensor tokens = at::tensor({7, 900, 12, -1}, at::kLong);
  const at::Tensor other_tokens = at::tensor({7, 8, 12, -1}, at::kLong);
  const v1::Parity parity = MustMeasure({tokens, scores}, {other_tokens, other_scores});
  EXPECT_NEAR(parity.sqnr_db(), 13.979400086720376, 1e-9);  // the scores'
  EXPECT_DOUBLE_EQ(parity.max_abs_difference(), 1.0);
  EXPECT_FALSE(parity.bit_identical());
  ASSERT_EQ(parity.outputs_size(), 2);
  EXPECT_DOUBLE_EQ(parity.outputs(0).top1_agreement(), 0.75);
  EXPECT_EQ(parity.outputs(0).top1_rows(), 4);
  EXPECT_FALSE(parity.outputs(0).has_sqnr_db());
  EXPECT_FALSE(parity.outputs(0).has_cosine());
  EXPECT_FALSE(parity.outputs(0).has_max_abs_difference());

  const v1::Parity alone = MustMeasure({tokens}, {other_tokens});
  EXPECT_FALSE(alone.has_sqnr_db());
  EXPECT_FALSE(alone.has_max_abs_difference());
  EXPECT_DOUBLE_EQ(alone.top1_agreement(), 0.75);
  EXPECT_EQ(alone.top1_rows(), 4);
}

TEST(Parity, SilenceHasNeitherRatioNorCosine) {
  const v1::Parity parity = MustMeasure({at::zeros({2})}, {at::ones({2})});
  EXPECT_FALSE(parity.has_sqnr_db());
  EXPECT_FALSE(parity.has_cosine());
  EXPECT_DOUBLE_EQ(parity.max_abs_difference(), 1.0);
}

TEST(Parity, NaNLeavesUnsetWhatItMakesMeaningless) {
  const at::Tensor broken = at::tensor({1.0f, std::numeric_limits<float>::quiet_NaN(), 2.0f});
  const v1::Parity parity = MustMeasure({at::ones({3})}, {broken});
  EXPECT_FALSE(parity.has_sqnr_db());
  EXPECT_FALSE(parity.has_cosine());
  EXPECT_FALSE(parity.has_max_abs_difference());
  EXPECT_FALSE(parity.bit_identical());
}

TEST(Parity, SeveralBatchesCountAsOneVector) {
  ParityMeter meter;
  ASSERT_TRUE(meter.Add({at::tensor({3.0f})}, {at::tensor({3.0f})}).ok());
  ASSERT_TRUE(meter.Add({at::tensor({4.0f})}, {at::tensor({3.0f})}).ok());
  EXPECT_NEAR(meter.Parity().sqnr_db(), 13.979400086720376, 1e-9);  // 10 log10(25 / 1)
  EXPECT_FALSE(meter.Parity().bit_identical());
  EXPECT_EQ(meter.Parity().max_abs_difference(), 1);
}

TEST(Parity, Top1AgreementCountsTheRowsOfAllBatches) {
  const at::Tensor first = at::tensor({1.0f, 0.0f}).view({1, 2});
  const at::Tensor second = at::tensor({0.0f, 1.0f}).view({1, 2});
  ParityMeter meter;
  ASSERT_TRUE(meter.Add({at::cat({first, first, second})}, {at::cat({first, first, second})}).ok());
  ASSERT_TRUE(meter.Add({first}, {second}).ok());
  EXPECT_EQ(meter.Parity().top1_rows(), 4);
  EXPECT_EQ(meter.Parity().top1_agreement(), 0.75);
}

TEST(Parity, BatchesWithOtherNumbersOfOutputsCannotBeCompared) {
  ParityMeter meter;
  const at::Tensor output = at::ones({2});
  ASSERT_TRUE(meter.Add({output}, {output}).ok());
  EXPECT_EQ(meter.Add({output, output}, {output, output}).code(), absl::StatusCode::kInternal);
}

TEST(Parity, OutputsOfOtherShapesCannotBeCompared) {
  EXPECT_EQ(MeasureParity({at::ones({2})}, {at::ones({3})}).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(MeasureParity({at::ones({2})}, {}).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace edgebench::worker
