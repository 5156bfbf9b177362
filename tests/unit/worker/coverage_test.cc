#include "agent/worker/torch/coverage.h"

#include <gmock/gmock.h>

#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

class CoverageTest : public ::testing::Test {
 protected:
  const at::NoGradGuard no_grad_;
};

TEST_F(CoverageTest, AnOperatorThatCallsAnotherCountsOnce) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    return torch.linear(torch.relu(torch.linear(x, self.weight, self.bias)), self.weight, self.bias)
)",
                                       SeededInput({4, 4}), SeededInput({4}));
  const v1::Coverage coverage =
      MeasureCoverage(module, {SeededInput({2, 4})}, {v1::PRECISION_FP32});
  EXPECT_EQ(coverage.int8_ops(), 0);
  EXPECT_EQ(coverage.total_ops(), 2);
  ASSERT_EQ(coverage.skipped_size(), 1);
  EXPECT_EQ(coverage.skipped(0).kind(), "linear");
  EXPECT_EQ(coverage.skipped(0).count(), 2);
  EXPECT_EQ(coverage.skipped(0).reason(), "fp32 was asked for");
}

TEST_F(CoverageTest, OnlyTheBranchThatRunsCounts) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    if bool(x.sum() > 0):
        return torch.linear(x, self.weight, self.bias)
    return x
)",
                                       SeededInput({4, 4}), SeededInput({4}));
  EXPECT_EQ(MeasureCoverage(module, {at::ones({1, 4})}, {v1::PRECISION_FP32}).total_ops(), 1);
  EXPECT_EQ(MeasureCoverage(module, {-at::ones({1, 4})}, {v1::PRECISION_FP32}).total_ops(), 0);
}

TEST_F(CoverageTest, DynamicOnAModelWithoutLinearCoversNothingAndSaysWhy) {
  torch::jit::Module squeezenet = *zoo::Build("squeezenet1_0", {});
  const QuantizedModel quantized =
      *Quantize(squeezenet, {v1::PRECISION_INT8_DYNAMIC, DefaultQuantizedEngine()}, {});
  const v1::Coverage coverage = MeasureCoverage(
      squeezenet, {SeededInput({1, 3, 64, 64})},
      {v1::PRECISION_INT8_DYNAMIC, NamesOfOperators(squeezenet), quantized.decisions});
  EXPECT_EQ(coverage.int8_ops(), 0);
  EXPECT_EQ(coverage.total_ops(), 26);
  ASSERT_EQ(coverage.skipped_size(), 1);
  EXPECT_EQ(coverage.skipped(0).reason(), "int8-dynamic has no kernel for convolutions");
  EXPECT_EQ(coverage.executed(0).name(), "features.0");
}

TEST_F(CoverageTest, ConvolutionsThatTheOptimizerHidesFromTheDispatcherStillCount) {
  torch::jit::Module frozen = torch::jit::freeze(*zoo::Build("resnet18", {0, false}));
  torch::jit::Module optimized = torch::jit::optimize_for_inference(frozen);
  const v1::Coverage coverage =
      MeasureCoverage(optimized, {SeededInput({1, 3, 64, 64})}, {v1::PRECISION_FP32});
  EXPECT_EQ(coverage.total_ops(), 21);  // 20 convolutions and the classifier
}

// The interpreter's stack then holds more than the operator's own inputs.
TEST_F(CoverageTest, AMatrixProductInTheMiddleOfAnExpressionIsALinearLayer) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    return ('text', x, torch.mm(x, self.weight), [torch.mm(x, self.weight), x])
)",
                                       SeededInput({4, 4}), SeededInput({4}));
  EXPECT_EQ(MeasureCoverage(module, {SeededInput({2, 4})}, {v1::PRECISION_FP32}).total_ops(), 2);
}

// Debian's LibTorch has no engine that runs this operator, so another one is
// recorded under its name.
TEST_F(CoverageTest, ALinearLayerWithWeightsInHalfPrecisionIsNotInt8) {
  static const torch::RegisterOperators operators(
      "edgebench_test::half_linear", [](const at::Tensor& x) {
        RECORD_FUNCTION("quantized::linear_dynamic_fp16", {});
        return x.clone();
      });
  torch::jit::Module module =
      ModuleOf("def forward(self, x): return x\n", SeededInput({1}), SeededInput({1}));
  torch::jit::Graph& graph = *module.get_method("forward").graph();
  torch::jit::Node* linear = graph.appendNode(graph.create(
      c10::Symbol::fromQualString("edgebench_test::half_linear"), {graph.inputs()[1]}));
  graph.return_node()->replaceInput(0, linear->output());
  const v1::Coverage coverage =
      MeasureCoverage(module, {SeededInput({2, 4})}, {v1::PRECISION_AS_STORED});
  EXPECT_EQ(coverage.int8_ops(), 0);
  EXPECT_EQ(coverage.total_ops(), 1);
  ASSERT_EQ(coverage.skipped_size(), 1);
  EXPECT_EQ(coverage.skipped(0).kind(), "linear");
}

TEST_F(CoverageTest, AProductOfActivationsAsInAttentionIsNoLinearLayer) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    return torch.matmul(x, x.transpose(1, 2))
)",
                                       SeededInput({1}), SeededInput({1}));
  EXPECT_EQ(MeasureCoverage(module, {SeededInput({2, 3, 4})}, {v1::PRECISION_FP32}).total_ops(), 0);
}

}  // namespace
}  // namespace edgebench::worker
