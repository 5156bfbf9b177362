#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker::zoo {
namespace {

class VisionModelTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Zoo, VisionModelTest, ::testing::ValuesIn(NamesOf("vision")),
                         [](const auto& model) { return model.param; });

TEST_P(VisionModelTest, StateDictFitsTorchvisionAndTheOutputsAreItsOutputs) {
  ScratchFolder folder;
  const std::string file = folder.File("model.pt");
  ASSERT_TRUE(SaveModel(*Build(GetParam(), {}), file).ok());
  EXPECT_EQ(RunPython("torchvision_reference.py", GetParam() + " " + file), 0);
}

TEST_P(VisionModelTest, RunsAtItsSmallestImageAndAtNoSmallerOne) {
  const v1::ZooModel row = RowOf(GetParam());
  const int64_t smallest = std::max(row.min_image_size(), 1);
  torch::jit::Module module = *Build(GetParam(), {});
  const auto run = [&](int64_t size) {
    return RunModule(module, {SeededInput({1, 3, size, size})}).status();
  };
  EXPECT_TRUE(run(smallest).ok()) << run(smallest);
  EXPECT_FALSE(run(smallest - 1).ok());
}

}  // namespace
}  // namespace edgebench::worker::zoo
