#include "agent/worker/torch/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Describe(const absl::StatusOr<std::vector<at::Tensor>>& outputs) {
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  std::vector<std::string> texts;
  for (const at::Tensor& tensor : *outputs) texts.push_back(DescribeTensor(tensor));
  return texts;
}

std::vector<std::string> OutputsOf(const std::string& source) {
  torch::jit::Module module = ScriptedModule(source);
  return Describe(RunModule(module, {at::ones({2, 3})}));
}

TEST(Outputs, MayBeATensor) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return x"), ElementsAre("float32[2,3]"));
}

TEST(Outputs, MayBeATuple) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return x, x.long()"),
              ElementsAre("float32[2,3]", "int64[2,3]"));
}

TEST(Outputs, MayBeAList) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return [x, x[0]]"),
              ElementsAre("float32[2,3]", "float32[3]"));
}

TEST(Outputs, MayBeADictInItsOrder) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return {'z': x, 'a': x[0]}"),
              ElementsAre("float32[2,3]", "float32[3]"));
}

TEST(Outputs, MayBeNested) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return x, ([x[0]], {'a': x.int()})"),
              ElementsAre("float32[2,3]", "float32[3]", "int32[2,3]"));
}

TEST(Outputs, MayHoldNumbersAndNothing) {
  EXPECT_THAT(OutputsOf("def forward(self, x): return x, 3, None"),
              ElementsAre("float32[2,3]", "int64[]"));
}

TEST(Outputs, OfAnotherTypeAreNamed) {
  torch::jit::Module module = ScriptedModule("def forward(self, x): return x, 'text'");
  const absl::Status status = RunModule(module, {at::ones({1})}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("returns a str"));
}

TEST(CopyInputs, KeepsWhatAModelWritesIntoItsInputsFromTheOriginals) {
  torch::jit::Module module = ScriptedModule("def forward(self, x): return x.add_(1)");
  const ModelInputs inputs{at::ones({2})};
  const ModelInputs copies = CopyInputs(inputs);
  EXPECT_TRUE(SameInputs(copies, inputs));
  ASSERT_TRUE(RunModule(module, copies).ok());
  EXPECT_FALSE(SameInputs(copies, inputs));
  EXPECT_TRUE(inputs[0].toTensor().equal(at::ones({2})));
}

TEST(RunModule, SaysInOneLineWhyForwardRefusesItsInputs) {
  torch::jit::Module module = ScriptedModule("def forward(self, x): return torch.mm(x, x)");
  const absl::Status status = RunModule(module, {at::ones({2, 3})}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("mat1 and mat2 shapes cannot be multiplied"));
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("\n")));
}

TEST(RunModule, AnswersResourceExhaustedWhenATensorCannotBeAllocated) {
  torch::jit::Module module =
      ScriptedModule("def forward(self, x): return torch.ones([1 << 50]).sum()");
  EXPECT_TRUE(absl::IsResourceExhausted(RunModule(module, {at::ones({1})}).status()));
}

}  // namespace
}  // namespace edgebench::worker
