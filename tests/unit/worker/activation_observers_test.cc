#include "agent/worker/torch/activation_observers.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

constexpr double kSmallestScale = 1.1920928955078125e-07;

std::unique_ptr<ActivationObserver> Make(const std::string& name, int levels = 255) {
  return MakeActivationObserver(name, levels).value();
}

AffineParameters Observed(const std::string& name, const std::vector<at::Tensor>& batches,
                          int levels = 255) {
  const auto observer = Make(name, levels);
  for (const at::Tensor& batch : batches) observer->Observe(batch);
  return observer->Parameters().value();
}

double MeanSquaredError(const at::Tensor& values, const AffineParameters& p, int levels = 255) {
  const at::Tensor quantized = (values.to(at::kDouble) / p.scale).round() + p.zero_point;
  const at::Tensor back = (quantized.clamp(0, levels) - p.zero_point) * p.scale;
  return (back - values).square().mean().item<double>();
}

at::Tensor Normal(int64_t count, uint64_t seed) {
  at::manual_seed(seed);
  return at::randn({count});
}

at::Tensor Laplace(int64_t count, uint64_t seed) {
  at::manual_seed(seed);
  return at::empty({count}).exponential_() - at::empty({count}).exponential_();
}

// Values over [0, 1), evenly, and one far from them.
at::Tensor EvenWithOutlier(float outlier) {
  return at::cat({at::arange(100000) / 100000.0F, at::tensor({outlier})});
}

struct Case {
  std::vector<float> seen;
  int levels;
  double scale;
  int64_t zero_point;
};

// So few values leave nothing to clip.
TEST(ActivationObservers, GiveTheseScalesAndZeroPoints) {
  const std::vector<Case> cases = {
      {{-1, 0, 3}, 255, 4.0 / 255, 64},  // round(1 / (4 / 255)) = round(63.75)
      {{-1, 0, 3}, 127, 4.0 / 127, 32},  // round(31.75)
      {{1, 2}, 255, 2.0 / 255, 0},       // zero belongs to every range
      {{-2, -1}, 255, 2.0 / 255, 255},  {{0, 0}, 255, kSmallestScale, 0},
  };
  for (const std::string& name : ActivationObserverNames()) {
    for (const Case& c : cases) {
      const AffineParameters p = Observed(name, {at::tensor(c.seen)}, c.levels);
      EXPECT_DOUBLE_EQ(p.scale, c.scale) << name;
      EXPECT_EQ(p.zero_point, c.zero_point) << name;
    }
  }
}

TEST(MinMaxObserver, RangeGrowsOverAllBatches) {
  const AffineParameters p =
      Observed("min-max", {at::tensor({-1.0F}), at::tensor({0.5F, 3.0F}), at::tensor({1.0F})});
  EXPECT_DOUBLE_EQ(p.scale, 4.0 / 255);
}

TEST(MovingAverageObserver, MovesByAHundredthOfTheDifference) {
  // -1 + 0.01 * (-2 - -1) = -1.01, 3 + 0.01 * (5 - 3) = 3.02
  const AffineParameters p =
      Observed("moving-average", {at::tensor({-1.0F, 3.0F}), at::tensor({-2.0F, 5.0F})});
  EXPECT_DOUBLE_EQ(p.scale, 4.03 / 255);
  EXPECT_EQ(p.zero_point, 64);  // round(1.01 * 255 / 4.03) = round(63.9)
}

TEST(PercentileObserver, LeavesOutOneInTwentyThousandAtEachEnd) {
  // -8..8 needs bins of 1/128; the last that is left is that of 1.
  const at::Tensor seen = at::ones({20000});
  seen[0] = -8;
  seen[1] = 8;
  const AffineParameters p = Observed("percentile", {seen});
  EXPECT_DOUBLE_EQ(p.scale, (1 + 1.0 / 128) / 255);
  EXPECT_EQ(p.zero_point, 0);
}

// The error (10 - end)^2 + 100000 (end / 255)^2 / 12 is smallest at 10 / (1 + k)
// with k = 100000 / (255^2 * 12): 8.864.
TEST(HistogramObserver, ClipsAnOutlierAsFarAsItPays) {
  const AffineParameters p = Observed("histogram", {EvenWithOutlier(10)});
  EXPECT_NEAR(p.scale * 255, 8.864, 1.0 / 128);
  EXPECT_EQ(p.zero_point, 0);
}

TEST(MseObserver, ClipsAnOutlierAsFarAsItPays) {
  const AffineParameters p = Observed("mse", {EvenWithOutlier(10)});
  EXPECT_NEAR(p.scale * 255, 8.864, 0.02);
  EXPECT_EQ(p.zero_point, 0);
}

TEST(MseObserver, ClipsBothEnds) {
  const at::Tensor seen = at::cat({EvenWithOutlier(10), -EvenWithOutlier(10)});
  const AffineParameters p = Observed("mse", {seen});
  // Now 2 (10 - end)^2 + 200000 (2 end / 255)^2 / 12: k is four times as large.
  EXPECT_NEAR(p.scale * 255, 2 * 6.611, 0.1);
  EXPECT_NEAR(static_cast<double>(p.zero_point), 127.5, 1);
}

class EachObserver : public testing::TestWithParam<std::string> {};

TEST_P(EachObserver, ZeroIsExactAndInRange) {
  for (int64_t seed = 0; seed < 40; ++seed) {
    const double magnitude = std::pow(10.0, static_cast<double>(seed % 13) - 6);
    const at::Tensor x = (SeededInput({257}, seed) + (seed % 7 - 3)) * magnitude;
    for (const int levels : {127, 255}) {
      const AffineParameters p = Observed(GetParam(), {x}, levels);
      EXPECT_GE(p.scale, kSmallestScale);
      EXPECT_GE(p.zero_point, 0);
      EXPECT_LE(p.zero_point, levels);
    }
  }
}

TEST_P(EachObserver, ScaleFollowsTheRange) {
  double before = 0;
  for (const double factor : {0.001, 0.5, 1.0, 3.0, 1000.0}) {
    const double scale = Observed(GetParam(), {Normal(20000, 1) * factor}).scale;
    EXPECT_GT(scale, before);
    EXPECT_NEAR(scale / factor, Observed(GetParam(), {Normal(20000, 1)}).scale, 0.02);
    before = scale;
  }
}

TEST_P(EachObserver, KeepsTheZeroOfReluAtTheBottom) {
  EXPECT_EQ(
      Observed(GetParam(), {at::relu(Normal(20000, 1)), at::relu(Normal(20000, 2))}).zero_point, 0);
}

TEST_P(EachObserver, RefusesNanAndInfinity) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const auto observer = Make(GetParam());
    observer->Observe(at::tensor({1.0F, bad}));
    observer->Observe(at::tensor({1.0F, 2.0F}));
    EXPECT_EQ(observer->Parameters().status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(observer->Parameters().status().message(), "NaN or infinity");
  }
}

TEST_P(EachObserver, RefusesToChooseFromNothing) {
  const auto observer = Make(GetParam());
  EXPECT_EQ(observer->Parameters().status().code(), absl::StatusCode::kInvalidArgument);
  observer->Observe(at::empty({0, 3}));
  EXPECT_EQ(observer->Parameters().status().code(), absl::StatusCode::kInvalidArgument);
}

void ExpectSame(const AffineParameters& a, const AffineParameters& b) {
  EXPECT_DOUBLE_EQ(a.scale, b.scale);
  EXPECT_EQ(a.zero_point, b.zero_point);
}

TEST_P(EachObserver, IgnoresEmptyTensors) {
  const at::Tensor x = Normal(1000, 1);
  ExpectSame(Observed(GetParam(), {at::empty({0}), x, at::empty({2, 0})}),
             Observed(GetParam(), {x}));
}

TEST_P(EachObserver, TakesAConstant) {
  EXPECT_GE(Observed(GetParam(), {at::full({100}, 5.0F)}).scale * 255, 4.9);
  EXPECT_DOUBLE_EQ(Observed(GetParam(), {at::zeros({100})}).scale, kSmallestScale);
  EXPECT_EQ(Observed(GetParam(), {at::full({100}, -5.0F)}).zero_point, 255);
}

TEST_P(EachObserver, TakesAnyMagnitude) {
  const float largest = std::numeric_limits<float>::max();
  const AffineParameters huge = Observed(GetParam(), {at::tensor({-largest, largest})});
  EXPECT_GT(huge.scale, 1e36);
  EXPECT_TRUE(std::isfinite(huge.scale));
  EXPECT_DOUBLE_EQ(Observed(GetParam(), {at::tensor({1e-40F, -1e-40F})}).scale, kSmallestScale);
}

TEST_P(EachObserver, StridesDoNotMatter) {
  const at::Tensor x = SeededInput({2, 6, 5, 7});
  const AffineParameters expected = Observed(GetParam(), {x});
  ExpectSame(Observed(GetParam(), {x.contiguous(at::MemoryFormat::ChannelsLast)}), expected);
  ExpectSame(Observed(GetParam(), {x.permute({3, 1, 0, 2})}), expected);
  at::Tensor wide = at::full({2, 6, 5, 14}, 1000.0F);
  const at::Tensor gaps = wide.slice(3, 0, 14, 2);
  gaps.copy_(x);
  ExpectSame(Observed(GetParam(), {gaps}), expected);
}

TEST_P(EachObserver, ThreadsDoNotMatter) {
  const at::Tensor x = Laplace(300000, 5);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const AffineParameters expected = Observed(GetParam(), {x});
  at::set_num_threads(3);
  ExpectSame(Observed(GetParam(), {x}), expected);
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(All, EachObserver, testing::ValuesIn(ActivationObserverNames()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ActivationObservers, HistogramAndMseAreNeverWorseThanMinMax) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (const int levels : {127, 255}) {
      for (const int64_t count : {100, 3000, 100000}) {
        for (const at::Tensor& x :
             {Normal(count, seed), Laplace(count, seed), at::relu(Laplace(count, seed)),
              Normal(count, seed).pow(3), at::relu(Normal(count, seed)).clamp_max(1)}) {
          const double whole = MeanSquaredError(x, Observed("min-max", {x}, levels), levels);
          for (const std::string name : {"histogram", "mse"}) {
            EXPECT_LE(MeanSquaredError(x, Observed(name, {x}, levels), levels), whole * 1.0001)
                << name << " on " << count << " values of seed " << seed;
          }
        }
      }
    }
  }
}

TEST(MakeActivationObserver, RefusesOtherNamesAndLevels) {
  EXPECT_EQ(MakeActivationObserver("entropy", 255).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeActivationObserver("mse", 256).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeActivationObserver("mse", 0).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgebench::worker
