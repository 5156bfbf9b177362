#include "agent/worker/torch/layer_table.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/worker/zoo/layers.h"
#include "agent/worker/zoo/module_builder.h"

namespace edgebench::worker {
namespace {

using zoo::Layer;

std::vector<v1::ModelFacts::Layer> LayersOf(const Layer& layer, const at::Tensor& input) {
  const at::NoGradGuard no_grad;
  torch::jit::Module module = zoo::BuildModule(layer, zoo::RandomWeights(0));
  const auto layers = ListLayers(module, {input});
  EXPECT_TRUE(layers.ok()) << layers.status();
  return *layers;
}

// "name kind shape parameters flops count".
std::string Text(const v1::ModelFacts::Layer& layer) {
  return absl::StrCat(layer.name(), " ", layer.kind(), " ", layer.output_shape(), " ",
                      layer.parameters(), " ", layer.has_flops() ? layer.flops() : -1, " ",
                      layer.count());
}

TEST(LayerTable, ListsLayersInTheOrderOfTheirExecutionWithWhatEachTakes) {
  const auto layers =
      LayersOf(zoo::Sequential({zoo::Conv2d(3, 4, zoo::Window(3), zoo::Bias::kYes),
                                zoo::BatchNorm2d(4), zoo::ReLU(), zoo::AdaptiveAvgPool2d(1)}),
               at::ones({2, 3, 8, 8}));
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(Text(layers[0]), absl::StrCat("0 conv2d 2x4x8x8 112 ", 2 * 4 * 8 * 8 * 27, " 1"));
  EXPECT_EQ(Text(layers[1]), "1 batch_norm 2x4x8x8 8 0 1");
}

TEST(LayerTable, HasOneRowForALayerThatRunsAgainAndAgainAndCountsItsParametersOnce) {
  const auto layers = LayersOf(zoo::Composite("Twice", {{"shared", zoo::Linear(4, 4)}},
                                              {"return self.shared(self.shared(x))"}),
                               at::ones({1, 4}));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_EQ(Text(layers[0]), "shared linear 1x4 20 32 2");
}

TEST(LayerTable, ListsProductsWithoutWeightsByTheirShape) {
  const auto layers = LayersOf(
      zoo::Composite("Gram", {}, {"return torch.matmul(torch.matmul(x, x), x)"}), at::ones({5, 5}));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_EQ(Text(layers[0]), " matmul 5x5 0 250 2");
}

TEST(LayerTable, AForwardThatFailsIsAnErrorOfTheModel) {
  torch::jit::Module module = zoo::BuildModule(zoo::Linear(4, 4), zoo::RandomWeights(0));
  EXPECT_EQ(ListLayers(module, {at::ones({1, 5})}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgebench::worker
