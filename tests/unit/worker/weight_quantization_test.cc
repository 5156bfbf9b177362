#include "agent/worker/torch/weight_quantization.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

constexpr double kSmallestScale = 1.1920928955078125e-07;

at::Tensor PerChannel(const at::Tensor& weight, int64_t axis = 0) {
  return QuantizeWeight(weight, {WeightScheme::kPerChannel, axis}).value();
}

at::Tensor PerTensor(const at::Tensor& weight) {
  return QuantizeWeight(weight, {WeightScheme::kPerTensor}).value();
}

TEST(QuantizeWeight, GivesTheseNumbersPerChannel) {
  const at::Tensor q = PerChannel(at::tensor({-1.0F, 0.5F, 2.0F, -0.25F, 0.0F, 0.0F}).view({3, 2}));
  EXPECT_EQ(q.scalar_type(), at::kQInt8);
  EXPECT_EQ(q.qscheme(), at::kPerChannelAffine);
  EXPECT_EQ(q.q_per_channel_axis(), 0);
  EXPECT_TRUE(q.q_per_channel_scales().equal(
      at::tensor({1.0 / 127, 2.0 / 127, kSmallestScale}, at::kDouble)));
  EXPECT_TRUE(q.q_per_channel_zero_points().equal(at::zeros({3}, at::kLong)));
  // 0.5 * 127 = 63.5 goes to the even 64, -0.25 * 63.5 = -15.875
  EXPECT_TRUE(q.int_repr().equal(at::tensor({-127, 64, 127, -16, 0, 0}, at::kChar).view({3, 2})));
}

TEST(QuantizeWeight, GivesTheseNumbersPerTensor) {
  const at::Tensor q = PerTensor(at::tensor({-1.0F, 0.5F, 2.0F, -0.25F}).view({2, 2}));
  EXPECT_EQ(q.scalar_type(), at::kQInt8);
  EXPECT_EQ(q.qscheme(), at::kPerTensorAffine);
  EXPECT_DOUBLE_EQ(q.q_scale(), 2.0 / 127);
  EXPECT_EQ(q.q_zero_point(), 0);
  EXPECT_TRUE(q.int_repr().equal(at::tensor({-64, 32, 127, -16}, at::kChar).view({2, 2})));
}

TEST(QuantizeWeight, IsWhatLibTorchMakesWithTheSameScales) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {1, 1}, {7, 3}, {64, 300}, {32, 1, 3, 3}, {16, 8, 5, 5}, {3, 100003}}) {
    const at::Tensor weight = SeededInput(shape);
    for (int64_t axis = 0; axis < weight.dim(); ++axis) {
      const at::Tensor q = PerChannel(weight, axis);
      const at::Tensor expected = at::quantize_per_channel(
          weight, q.q_per_channel_scales(), q.q_per_channel_zero_points(), axis, at::kQInt8);
      EXPECT_EQ(q.q_per_channel_axis(), axis);
      EXPECT_TRUE(q.int_repr().equal(expected.int_repr())) << shape << " by " << axis;
    }
    const at::Tensor q = PerTensor(weight);
    const at::Tensor expected = at::quantize_per_tensor(weight, q.q_scale(), 0, at::kQInt8);
    EXPECT_TRUE(q.int_repr().equal(expected.int_repr())) << shape;
  }
}

TEST(QuantizeWeight, TiesGoWhereLibTorchSendsThem) {
  // A scale of 1: every half between two integers is a tie.
  const at::Tensor weight = at::arange(-254, 255).to(at::kFloat).view({1, -1}) / 2;
  const at::Tensor q = PerChannel(weight);
  EXPECT_EQ(q.q_per_channel_scales().item<double>(), 1);
  EXPECT_TRUE(q.int_repr().equal(weight.round().to(at::kChar)));
}

TEST(QuantizeWeight, WeightsComeBackWithinHalfAStep) {
  const at::Tensor weight = SeededInput({16, 3, 5, 5}) * at::arange(1, 17).view({16, 1, 1, 1});
  const at::Tensor q = PerChannel(weight);
  const at::Tensor steps =
      (weight - q.dequantize()).abs().flatten(1) / q.q_per_channel_scales().view({16, 1});
  EXPECT_LE(steps.max().item<double>(), 0.5001);
}

TEST(QuantizeWeight, ThePairThatSumsToMostSetsTheScale) {
  const at::Tensor weight = at::tensor({1.0F, 0.5F, -2.0F, 1.0F, 0.25F, -0.75F}).view({2, 3});
  const at::Tensor q = *QuantizeWeight(weight, {WeightScheme::kPerChannel, 0, {3, 1}});
  // 1 + 0.5 of the first channel, 1 + 0.25 of the second, whose last has no partner; and -2.
  EXPECT_TRUE(q.q_per_channel_scales().equal(at::tensor({2.0 / 127, 1.25 / 127}, at::kDouble)));
  const at::Tensor all = *QuantizeWeight(weight * at::tensor({1.0F, 3.0F, 0.5F}),
                                         {WeightScheme::kPerTensor, 0, {3, 1}});
  EXPECT_DOUBLE_EQ(all.q_scale(), 2.5 / 127);
}

// At most 128, so that 255 times it is below 2^15.
TEST(QuantizeWeight, NoPairExceedsWhatSixteenBitsTake) {
  struct Case {
    std::vector<int64_t> shape;
    ProductPairs pairs;
  };
  for (const Case& each : {Case{{64, 300}, {300, 1}}, Case{{16, 8, 3, 3}, {72, 9}},
                           Case{{16, 7, 5}, {35, 5}}, Case{{8, 6, 2, 2}, {96, 24}}}) {
    for (const WeightScheme scheme : {WeightScheme::kPerChannel, WeightScheme::kPerTensor}) {
      const bool is_transposed = each.pairs.run == 96;
      if (is_transposed && scheme == WeightScheme::kPerChannel) continue;  // run: a channel
      const at::Tensor q = *QuantizeWeight(SeededInput(each.shape), {scheme, 0, each.pairs});
      const at::Tensor blocks = q.int_repr().to(at::kInt).view(
          {-1, each.pairs.run / each.pairs.stride, each.pairs.stride});
      const int64_t even = blocks.size(1) / 2 * 2;
      const at::Tensor sums = blocks.slice(1, 0, even, 2) + blocks.slice(1, 1, even, 2);
      EXPECT_LE(sums.abs().max().item<int>(), 128) << each.shape;
      EXPECT_GE(sums.abs().max().item<int>(), 126) << each.shape << ": wasted levels";
    }
  }
}

TEST(QuantizeWeight, SmallerActivationsLeaveAPairLargerWeights) {
  const at::Tensor weight = at::tensor({1.0F, 0.5F}).view({1, 2});
  const auto scale = [&](int64_t levels) {
    return QuantizeWeight(weight, {WeightScheme::kPerTensor, 0, {2, 1, levels}})->q_scale();
  };
  EXPECT_FLOAT_EQ(scale(255), 1.5 / 127);
  EXPECT_FLOAT_EQ(scale(204), 1.2 / 127);
  EXPECT_FLOAT_EQ(scale(127), 1.0 / 127);  // 0.75 is less than the largest weight
}

TEST(WeightScales, AreThoseThatQuantizeWeightUses) {
  const at::Tensor weight = SeededInput({16, 8, 3, 3});
  for (const ProductPairs& pairs : {ProductPairs{}, ProductPairs{72, 9}}) {
    const WeightQuantization per_channel{WeightScheme::kPerChannel, 0, pairs};
    EXPECT_TRUE(WeightScales(weight, per_channel)
                    ->equal(QuantizeWeight(weight, per_channel)->q_per_channel_scales()));
    const WeightQuantization per_tensor{WeightScheme::kPerTensor, 0, pairs};
    EXPECT_EQ(WeightScales(weight, per_tensor)->item<double>(),
              QuantizeWeight(weight, per_tensor)->q_scale());
  }
}

#ifndef __clang__
// It is a template, and runs on one thread where it is compiled without OpenMP.
TEST(ParallelFor, RunsOurOwnCodeOnAllThreads) {
  at::set_num_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  at::parallel_for(0, 2, /*grain_size=*/1, [&](int64_t, int64_t) {
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2U);
}
#endif

TEST(QuantizeWeight, GivesTheSameBytesOnAnyNumberOfThreads) {
  const at::Tensor weight = SeededInput({300, 1000});  // of four threads' worth
  at::set_num_threads(1);
  const at::Tensor alone = PerChannel(weight), whole = PerTensor(weight);
  at::set_num_threads(4);
  EXPECT_TRUE(PerChannel(weight).equal(alone));
  EXPECT_TRUE(PerTensor(weight).equal(whole));
}

TEST(QuantizeWeight, StridesDoNotMatter) {
  const at::Tensor weight = SeededInput({4, 6, 3, 3});
  const at::Tensor expected = PerChannel(weight).int_repr();
  EXPECT_TRUE(
      PerChannel(weight.contiguous(at::MemoryFormat::ChannelsLast)).int_repr().equal(expected));
  const at::Tensor transposed = weight.transpose(0, 1).contiguous().transpose(0, 1);
  EXPECT_TRUE(PerChannel(transposed).int_repr().equal(expected));
}

TEST(QuantizeWeight, TakesNothing) {
  EXPECT_EQ(PerChannel(at::empty({0, 3})).numel(), 0);
  EXPECT_EQ(PerChannel(at::empty({3, 0})).numel(), 0);
  EXPECT_EQ(PerTensor(at::empty({0})).numel(), 0);
}

TEST(QuantizeWeight, RefusesNanAndInfinity) {
  const float largest = std::numeric_limits<float>::infinity();
  for (const float bad : {std::nanf(""), -std::nanf(""), largest, -largest}) {
    at::Tensor weight = SeededInput({8, 40000});
    weight[5][7] = bad;
    for (const WeightScheme scheme : {WeightScheme::kPerChannel, WeightScheme::kPerTensor}) {
      for (const int64_t axis : {0, 1}) {
        EXPECT_EQ(QuantizeWeight(weight, {scheme, axis}).status().code(),
                  absl::StatusCode::kInvalidArgument);
      }
    }
  }
}

}  // namespace
}  // namespace edgebench::worker
