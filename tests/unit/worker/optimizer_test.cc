#include "agent/worker/torch/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "agent/worker/torch/outputs.h"
#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const float kInfinity = std::numeric_limits<float>::infinity();

TEST(DifferenceBetween, IsNoneForEqualOutputs) {
  EXPECT_EQ(DifferenceBetween({at::ones({3})}, {at::ones({3})}, 0), "");
}

TEST(DifferenceBetween, AllowsWhatTheToleranceAllows) {
  const at::Tensor ones = at::ones({100});
  EXPECT_EQ(DifferenceBetween({ones}, {ones * 1.0005}, 1e-3), "");
  EXPECT_THAT(DifferenceBetween({ones}, {ones * 1.002}, 1e-3), HasSubstr("relative difference"));
}

TEST(DifferenceBetween, ComparesCountTypeAndShape) {
  const at::Tensor ones = at::ones({2});
  EXPECT_EQ(DifferenceBetween({ones}, {ones, ones}, 1), "1 output tensors became 2");
  EXPECT_EQ(DifferenceBetween({ones}, {ones.to(at::kDouble)}, 1), "float32[2] became float64[2]");
  EXPECT_EQ(DifferenceBetween({ones}, {at::ones({3})}, 1), "float32[2] became float32[3]");
}

TEST(DifferenceBetween, WantsInfinitiesWhereTheyWere) {
  const at::Tensor masked = at::tensor({1.0F, -kInfinity});
  EXPECT_EQ(DifferenceBetween({masked}, {masked.clone()}, 1e-3), "");
  EXPECT_NE(DifferenceBetween({masked}, {at::tensor({-kInfinity, 1.0F})}, 1e-3), "");
}

TEST(DifferenceBetween, NoticesAValueThatBecameNotANumber) {
  EXPECT_NE(DifferenceBetween({at::ones({2})}, {at::ones({2}) * std::nanf("")}, 1e-3), "");
}

TEST(DifferenceBetween, ComparesClassNumbersByShapeOnly) {
  EXPECT_EQ(DifferenceBetween({at::tensor({1, 2})}, {at::tensor({1, 3})}, 0), "");
}

class OptimizerTest : public testing::Test {
 protected:
  OptimizedModule Optimize(v1::Optimize level, const std::vector<at::Tensor>& expected) {
    const at::NoGradGuard no_gradients;
    const auto optimized = OptimizeModule(module_, level, inputs_, expected, kFloatTolerance);
    EXPECT_TRUE(optimized.ok()) << optimized.status();
    return *optimized;
  }

  torch::jit::Module module_ = SmallModel();
  ModelInputs inputs_{at::ones({2, 3, 8, 8})};
  std::vector<at::Tensor> expected_ = *RunModule(module_, inputs_);
};

TEST_F(OptimizerTest, ReachesTheLevelThatIsAskedFor) {
  for (const v1::Optimize level : {v1::OPTIMIZE_NONE, v1::OPTIMIZE_FREEZE, v1::OPTIMIZE_FULL}) {
    OptimizedModule optimized = Optimize(level, expected_);
    EXPECT_EQ(optimized.level, level);
    EXPECT_THAT(optimized.notes, IsEmpty());
    EXPECT_EQ(DifferenceBetween(expected_, *RunModule(optimized.module, inputs_), kFloatTolerance),
              "");
  }
}

TEST_F(OptimizerTest, PoolsAConvolutionsOutputAtTheFullLevel) {
  module_ = torch::jit::Module("Pooled");
  module_.register_attribute("training", c10::BoolType::get(), false);
  module_.register_parameter("filter", at::rand({3, 3, 3, 3}), /*is_buffer=*/false);
  module_.define(R"(
    def forward(self, x):
        y = torch.relu(torch.conv2d(x, self.filter))
        y = torch.max_pool2d(y, [3, 3], [1, 1], [1, 1], [1, 1], False)
        return torch.relu(torch.conv2d(y, self.filter))
  )");
  module_.eval();
  expected_ = *RunModule(module_, inputs_);
  const OptimizedModule optimized = Optimize(v1::OPTIMIZE_FULL, expected_);
  EXPECT_EQ(optimized.level, v1::OPTIMIZE_FULL);
  EXPECT_THAT(optimized.notes, IsEmpty());
}

TEST_F(OptimizerTest, LeavesTheModuleAloneWhenNothingIsAskedFor) {
  EXPECT_EQ(Optimize(v1::OPTIMIZE_NONE, expected_).module._ivalue(), module_._ivalue());
}

TEST_F(OptimizerTest, FreezingLeavesNoParameters) {
  EXPECT_EQ(Optimize(v1::OPTIMIZE_FREEZE, expected_).module.parameters().size(), 0u);
}

TEST_F(OptimizerTest, GivesUpLevelByLevelWhenTheOutputsChange) {
  const std::vector<at::Tensor> other = {expected_[0] + 1};
  const OptimizedModule optimized = Optimize(v1::OPTIMIZE_FULL, other);
  EXPECT_EQ(optimized.level, v1::OPTIMIZE_NONE);
  EXPECT_THAT(optimized.notes,
              ElementsAre(HasSubstr("--optimize full was given up for freeze: it changed the "
                                    "outputs: relative difference"),
                          HasSubstr("--optimize freeze was given up for none")));
}

TEST_F(OptimizerTest, GivesUpWhenTheModuleCannotBeFrozen) {
  module_.train();  // only a module in eval mode can be frozen
  const OptimizedModule optimized = Optimize(v1::OPTIMIZE_FREEZE, expected_);
  EXPECT_EQ(optimized.level, v1::OPTIMIZE_NONE);
  EXPECT_THAT(optimized.notes, ElementsAre(HasSubstr("the optimization failed")));
}

}  // namespace
}  // namespace edgebench::worker
