#include "agent/worker/torch/multiply_adds.h"

#include <gtest/gtest.h>

#include "agent/worker/torch/outputs.h"
#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

std::optional<int64_t> Count(const std::function<void()>& inference) {
  const at::NoGradGuard no_gradients;
  return CountMultiplyAdds(inference);
}

TEST(MultiplyAdds, OfAConvolutionAreOutputTimesFilter) {
  EXPECT_EQ(Count([] {
              at::conv2d(at::ones({2, 3, 8, 8}), at::ones({16, 3, 3, 3}), {}, 1, 1);
            }),
            2 * 16 * 8 * 8 * 3 * 3 * 3);
}

TEST(MultiplyAdds, OfAGroupedConvolutionSeeOneGroup) {
  EXPECT_EQ(Count([] {
              at::conv2d(at::ones({1, 8, 4, 4}), at::ones({8, 1, 3, 3}), {}, 1, 1, 1, 8);
            }),
            8 * 4 * 4 * 3 * 3);
}

TEST(MultiplyAdds, OfATransposedConvolutionAreInputTimesFilter) {
  EXPECT_EQ(Count([] {
              at::conv_transpose2d(at::ones({1, 4, 5, 5}), at::ones({4, 6, 2, 2}), {}, 2);
            }),
            4 * 5 * 5 * 6 * 2 * 2);
}

TEST(MultiplyAdds, OfALinearLayerAreCountedOnceThoughItCallsOthers) {
  EXPECT_EQ(Count([] {
              at::linear(at::ones({7, 5}), at::ones({3, 5}), at::ones({3}));
            }),
            7 * 5 * 3);
}

TEST(MultiplyAdds, OfMatrixProductsAreRowsTimesColumnsTimesDepth) {
  EXPECT_EQ(Count([] { at::matmul(at::ones({2, 4, 5}), at::ones({2, 5, 3})); }), 2 * 4 * 5 * 3);
  EXPECT_EQ(Count([] { at::addmm(at::ones({3}), at::ones({4, 5}), at::ones({5, 3})); }), 4 * 5 * 3);
}

TEST(MultiplyAdds, OfAModelAreThoseOfItsLayers) {
  torch::jit::Module module = SmallModel();
  EXPECT_EQ(Count([&] {
              RunModule(module, {at::ones({2, 3, 8, 8})}).IgnoreError();
            }),
            2 * 8 * 8 * 8 * 27 + 2 * 8 * 10);
}

TEST(MultiplyAdds, OfAnLstmAreThoseOfItsGates) {
  const at::Tensor state = at::zeros({1, 2, 3});  // layers, batch, width
  const std::vector<at::Tensor> weights = {at::ones({12, 5}), at::ones({12, 3}), at::ones({12}),
                                           at::ones({12})};
  const auto costs = ListCosts([&] {
    at::lstm(at::ones({7, 2, 5}), {state, state}, weights, /*has_biases=*/true, /*num_layers=*/1,
             /*dropout=*/0, /*train=*/false, /*bidirectional=*/false, /*batch_first=*/false);
  });
  ASSERT_EQ(costs.size(), 1u);
  EXPECT_EQ(costs[0].kind, "lstm");
  EXPECT_EQ(costs[0].multiply_adds, 7 * 2 * 12 * (5 + 3));
  EXPECT_EQ(costs[0].output_shape, (std::vector<int64_t>{7, 2, 3}));
}

// The interpreter's stack then holds more than the operator's own inputs.
TEST(MultiplyAdds, OfAnOperatorInTheMiddleOfAnExpressionAreItsOwn) {
  torch::jit::Module module = ScriptedModule(
      "def forward(self, x): return ('text', x, torch.mm(x, x), [torch.mm(x, x), x])");
  EXPECT_EQ(Count([&] { module.forward({at::ones({5, 5})}); }), 2 * 125);
}

TEST(MultiplyAdds, AreUnknownWhereNothingMultiplies) {
  EXPECT_FALSE(Count([] { at::ones({2}) + 1; }).has_value());
}

}  // namespace
}  // namespace edgebench::worker
