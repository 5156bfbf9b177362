#include "agent/worker/torch/write_analysis.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/torch_models.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

bool IsLarge(const at::Tensor& tensor) { return tensor.numel() > 1; }

// Of a module with a table, a counter of one element and a list, in its forward.
bool Writes(const std::string& body) {
  torch::jit::Module inner("Inner");
  inner.register_buffer("table", at::ones({3, 3}));
  torch::jit::Module module("M");
  module.register_buffer("table", at::ones({3, 3}));
  module.register_buffer("counter", at::zeros({1}));
  module.register_attribute("steps", c10::ListType::ofTensors(),
                            c10::List<at::Tensor>({at::ones({3})}));
  module.register_module("inner", inner);
  module.define("def forward(self, x):\n" + body);
  return WritesTensorsOfItsOwn(module, IsLarge);
}

TEST(WritesTensorsOfItsOwn, SeesWritesToTensorsAndTheirViews) {
  EXPECT_TRUE(Writes("    self.table.add_(x)\n    return x\n"));
  EXPECT_TRUE(Writes("    self.inner.table.add_(x)\n    return x\n"));
  EXPECT_TRUE(Writes("    y = self.table.t()[0]\n    y.mul_(2)\n    return x\n"));
  EXPECT_TRUE(Writes("    y = self.table.contiguous().view(9)\n    y[0] = 2\n    return x\n"));
  EXPECT_TRUE(Writes("    y, z = self.table.split(2)\n    z.zero_()\n    return x\n"));
  EXPECT_TRUE(Writes("    torch.add(x, x, out=self.table)\n    return x\n"));
}

TEST(WritesTensorsOfItsOwn, SeesThemThroughContainers) {
  EXPECT_TRUE(Writes("    self.steps[0].add_(1)\n    return x\n"));
  EXPECT_TRUE(Writes("    for y in self.steps:\n        y.add_(1)\n    return x\n"));
  EXPECT_TRUE(Writes("    y = (x, self.table)\n    y[1].add_(1)\n    return x\n"));
  EXPECT_TRUE(Writes("    y = {'a': self.table}\n    y['a'].add_(1)\n    return x\n"));
}

TEST(WritesTensorsOfItsOwn, SeesThemThroughBranchesAndLoops) {
  EXPECT_TRUE(Writes("    if bool(x.sum() > 0):\n        self.table.zero_()\n    return x\n"));
  EXPECT_TRUE(
      Writes("    y = x\n    if bool(x.sum() > 0):\n        y = self.table\n    y.zero_()\n"
             "    return x\n"));
  EXPECT_TRUE(
      Writes("    y = x\n    for i in range(3):\n        y.zero_()\n        y = self.table\n"
             "    return x\n"));
}

TEST(WritesTensorsOfItsOwn, LeavesOtherWritesAlone) {
  EXPECT_FALSE(Writes("    return x + self.table\n"));
  EXPECT_FALSE(Writes("    x.add_(self.table)\n    return x\n"));
  EXPECT_FALSE(Writes("    y = x + self.table\n    y.relu_()\n    return y\n"));
  EXPECT_FALSE(Writes("    y = self.table.clone()\n    y.add_(1)\n    return y + x\n"));
  EXPECT_FALSE(Writes("    self.counter.add_(1)\n    return x\n"));
  EXPECT_FALSE(Writes("    self.table = x\n    return x\n"));
}

TEST(WritesTensorsOfItsOwn, SeesWritesToConstants) {
  const torch::jit::Module module = ScriptedModule("def forward(self, x): return x");
  torch::jit::Graph& graph = *module.get_method("forward").graph();
  const torch::jit::WithInsertPoint at_start(graph.block()->nodes().front());
  torch::jit::Value* constant = graph.insertConstant(at::ones({3}));
  EXPECT_FALSE(WritesTensorsOfItsOwn(module, IsLarge));
  graph.insert(c10::Symbol::fromQualString("aten::relu_"), {constant});
  EXPECT_TRUE(WritesTensorsOfItsOwn(module, IsLarge));
}

}  // namespace
}  // namespace edgebench::worker
