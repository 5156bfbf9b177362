#include <gtest/gtest.h>

#include <string>

#include "agent/worker/torch/model_loader.h"
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

}  // namespace
}  // namespace edgebench::worker::zoo
