#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "agent/worker/zoo/random_weights.h"

namespace edgebench::worker::zoo {
namespace {

using ::testing::Each;
using ::testing::Ne;

// SplitMix64 of the streams below, worked out with Python's integers.
TEST(RandomWeights, AreTheseNumbersOnEveryArchitecture) {
  EXPECT_EQ(StreamFor(0, "features.0.0.weight"), 0x894f330367560a37ull);
  constexpr float kSteps = 1 << 23;
  std::vector<float> values(5);
  FillUniform(1, 1.0f, values.data(), 5);
  EXPECT_THAT(values,
              ::testing::ElementsAre(590429.0f / kSteps, 1116717.0f / kSteps, -1732883.0f / kSteps,
                                     4123533.0f / kSteps, 8073813.0f / kSteps));
}

TEST(RandomWeights, AnOddCountIsFilledToItsEnd) {
  std::vector<float> even(4), odd(3, 7.0f);
  FillUniform(42, 1.0f, even.data(), 4);
  FillUniform(42, 1.0f, odd.data(), 3);
  EXPECT_EQ(odd, std::vector<float>(even.begin(), even.begin() + 3));
}

TEST(RandomWeights, HaveMeanZeroAndTheVarianceAskedFor) {
  constexpr int kCount = 1 << 20;
  const float bound = UniformBound(/*gain=*/1.5, /*fan_in=*/9);
  std::vector<float> values(kCount);
  FillUniform(StreamFor(3, "x"), bound, values.data(), kCount);
  double sum = 0, squares = 0;
  for (const float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const double variance = 1.5 * 1.5 / 9;
  // Five standard errors.
  EXPECT_NEAR(sum / kCount, 0, 5 * std::sqrt(variance / kCount));
  EXPECT_NEAR(squares / kCount / variance, 1, 5 * std::sqrt(0.8 / kCount));
  EXPECT_THAT(values, Each(Ne(0.0f)));
}

TEST(RandomWeights, StreamsDifferByNameAndBySeed) {
  EXPECT_NE(StreamFor(0, "a"), StreamFor(0, "b"));
  EXPECT_NE(StreamFor(0, "a"), StreamFor(1, "a"));
}

}  // namespace
}  // namespace edgebench::worker::zoo
