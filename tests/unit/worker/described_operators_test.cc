#include "agent/worker/torch/described_operators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/torch/outputs.h"
#include "tests/unit/worker/torch_models.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using ::testing::SizeIs;

std::vector<DescribedOperator> Describe(torch::jit::Module module, const ModelInputs& inputs) {
  const OperatorNames names = NamesOfOperators(module);
  return DescribeOperators({names, {}}, [&] {
    const c10::InferenceMode no_gradients;
    module.forward(inputs);
  });
}

TEST(DescribedOperators, CountsTensorsThatGoInAndOutOnceEach) {
  const torch::jit::Module module =
      ModuleOf("def forward(self, x):\n  return torch.linear(x, self.weight, self.bias)\n",
               SeededInput({5, 3}), SeededInput({5}));
  const auto operators = Describe(module, {SeededInput({2, 3})});
  ASSERT_THAT(operators, SizeIs(1));
  EXPECT_EQ(operators[0].kind, "linear");
  EXPECT_EQ(operators[0].multiply_adds, 2 * 5 * 3);
  EXPECT_EQ(operators[0].bytes, 4 * (2 * 3 + 5 * 3 + 5 + 2 * 5));
  EXPECT_EQ(operators[0].input_shape, "2x3");
  EXPECT_EQ(operators[0].output_shape, "2x5");
}

TEST(DescribedOperators, AnOperandThatIsGivenTwiceIsReadOnce) {
  const auto operators =
      Describe(ScriptedModule("def forward(self, x):\n  return x * x\n"), {SeededInput({10})});
  ASSERT_THAT(operators, SizeIs(1));
  EXPECT_EQ(operators[0].bytes, 4 * (10 + 10));
  EXPECT_EQ(operators[0].multiply_adds, 0) << "only products of matrices are counted";
}

TEST(DescribedOperators, AViewMovesNothing) {
  const auto operators = Describe(
      ScriptedModule("def forward(self, x):\n  return x.view(5, 2).t()\n"), {SeededInput({10})});
  ASSERT_THAT(operators, SizeIs(2));
  for (const DescribedOperator& operation : operators) EXPECT_EQ(operation.bytes, 0);
}

TEST(DescribedOperators, WorkInPlaceReadsAndWrites) {
  const auto operators = Describe(
      ScriptedModule("def forward(self, x):\n  return torch.relu_(x)\n"), {SeededInput({10})});
  ASSERT_THAT(operators, SizeIs(1));
  EXPECT_EQ(operators[0].kind, "relu");
  EXPECT_EQ(operators[0].bytes, 4 * (10 + 10));
}

TEST(DescribedOperators, ALookUpReadsTheRowsThatItYields) {
  const torch::jit::Module module =
      ModuleOf("def forward(self, x):\n  return torch.embedding(self.weight, x)\n",
               SeededInput({1000, 8}), SeededInput({1}));
  const auto operators = Describe(module, {at::tensor({3, 7}, at::kLong)});
  ASSERT_THAT(operators, SizeIs(1));
  EXPECT_EQ(operators[0].bytes, 2 * 8 + 2 * (2 * 8 * 4));
}

TEST(DescribedOperators, OperatorsOfWholeNumbersHaveNoPrecision) {
  const auto operators = Describe(ScriptedModule("def forward(self, x):\n  return x.cumsum(0)\n"),
                                  {at::tensor({3, 7}, at::kLong)});
  ASSERT_THAT(operators, SizeIs(1));
  EXPECT_EQ(operators[0].kind, "cumsum");
  EXPECT_EQ(operators[0].precision, v1::PRECISION_UNSPECIFIED);
}

}  // namespace
}  // namespace edgebench::worker
