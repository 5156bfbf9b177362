#include "agent/worker/torch/observers.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

struct QParams {
  at::Tensor scale;
  at::Tensor zero_point;
};

QParams Observe(torch::jit::Module observer, const std::vector<at::Tensor>& seen) {
  const at::NoGradGuard no_grad;
  for (const at::Tensor& tensor : seen) observer.forward({tensor});
  const auto result = observer.get_method("calculate_qparams")({}).toTuple();
  return {result->elements()[0].toTensor(), result->elements()[1].toTensor()};
}

struct Case {
  std::vector<float> seen;
  bool reduce_range;
  double scale;
  int64_t zero_point;
};

TEST(MinMaxObserver, GivesTheseScalesAndZeroPoints) {
  const std::vector<Case> cases = {
      {{-1, 0, 3}, false, 4.0 / 255, 64},  // round(1 / (4 / 255)) = round(63.75)
      {{-1, 0, 3}, true, 4.0 / 127, 32},   // round(31.75)
      {{1, 2}, false, 2.0 / 255, 0},       // zero belongs to every range
      {{-2, -1}, false, 2.0 / 255, 255},  {{0, 0}, false, 1.1920928955078125e-07, 0},
  };
  for (const Case& c : cases) {
    const QParams q = Observe(MinMaxObserver(c.reduce_range), {at::tensor(c.seen)});
    EXPECT_NEAR(q.scale.item<double>(), c.scale, 1e-7 * c.scale);
    EXPECT_EQ(q.zero_point.item<int64_t>(), c.zero_point);
  }
}

TEST(MinMaxObserver, RangeGrowsOverAllThatItSees) {
  const QParams q = Observe(MinMaxObserver(false), {at::tensor({-1.0f}), at::tensor({0.5f, 3.0f}),
                                                    at::empty({0}), at::tensor({1.0f})});
  EXPECT_NEAR(q.scale.item<double>(), 4.0 / 255, 1e-9);
}

TEST(MinMaxObserver, ValuesInTheRangeComeBackWithinHalfAStep) {
  for (int64_t seed = 0; seed < 50; ++seed) {
    const at::Tensor x = SeededInput({257}, seed) * (seed + 1) + (seed % 7 - 3);
    const QParams q = Observe(MinMaxObserver(false), {x});
    const double scale = q.scale.item<double>();
    const at::Tensor back =
        at::quantize_per_tensor(x, scale, q.zero_point.item<int64_t>(), c10::kQUInt8).dequantize();
    // At the ends the rounding of the zero point can cost another half.
    EXPECT_LE((x - back).abs().max().item<double>(), scale * 1.0001) << "seed " << seed;
    EXPECT_LE((x - back).abs().median().item<double>(), scale * 0.5001) << "seed " << seed;
  }
}

TEST(PerChannelWeightObserver, GivesEachOutputChannelItsOwnScale) {
  const QParams q =
      Observe(PerChannelWeightObserver(), {at::tensor({-1.0f, 0.5f, 2.0f, -0.25f}).view({2, 2})});
  EXPECT_TRUE(q.scale.allclose(at::tensor({1.0f / 127, 2.0f / 127})));
  EXPECT_TRUE(q.zero_point.equal(at::zeros({2}, at::kLong)));
}

TEST(PerTensorWeightObserver, GivesAllChannelsOneScale) {
  const QParams q =
      Observe(PerTensorWeightObserver(), {at::tensor({-1.0f, 0.5f, 2.0f, -0.25f}).view({2, 2})});
  EXPECT_TRUE(q.scale.allclose(at::tensor({2.0f / 127})));
  EXPECT_TRUE(q.zero_point.equal(at::zeros({1}, at::kLong)));
}

TEST(PerChannelWeightObserver, WeightsComeBackWithinHalfAStep) {
  const at::Tensor weight = SeededInput({16, 3, 5, 5}) * at::arange(1, 17).view({16, 1, 1, 1});
  const QParams q = Observe(PerChannelWeightObserver(), {weight});
  const at::Tensor back =
      at::quantize_per_channel(weight, q.scale, q.zero_point, 0, c10::kQInt8).dequantize();
  const at::Tensor steps = (weight - back).abs().flatten(1) / q.scale.view({16, 1});
  EXPECT_LE(steps.max().item<double>(), 0.5001);
}

TEST(Observers, ReturnWhatTheySee) {
  const at::Tensor x = SeededInput({2, 3});
  for (torch::jit::Module observer :
       {MinMaxObserver(false), PerChannelWeightObserver(), DynamicActivationObserver()}) {
    EXPECT_TRUE(observer.forward({x}).toTensor().equal(x));
  }
}

}  // namespace
}  // namespace edgebench::worker
