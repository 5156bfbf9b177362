#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

// Section 3.3: 1x1 expansion, depthwise 3x3, linear 1x1 projection, and a
// shortcut where the shape allows one.
Layer InvertedResidual(int in, int out, int stride, int expansion) {
  const int hidden = in * expansion;
  std::vector<Layer> layers;
  if (expansion != 1) layers.push_back(ConvNormActivation(in, hidden, Window(1), ReLU6()));
  layers.push_back(
      ConvNormActivation(hidden, hidden, Window(3).Stride(stride).Groups(hidden), ReLU6()));
  layers.push_back(Conv2d(hidden, out, Window(1), Bias::kNo));
  layers.push_back(BatchNorm2d(out));
  const bool shortcut = stride == 1 && in == out;
  return Composite("torchvision.models.mobilenetv2.InvertedResidual",
                   {{"conv", Sequential(std::move(layers))}},
                   {shortcut ? "return x + self.conv(x)" : "return self.conv(x)"});
}

struct Stage {
  int expansion, channels, repeats, stride;
};

// Table 2 of the paper.
constexpr Stage kStages[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

}  // namespace

// Sandler et al., MobileNetV2, arXiv:1801.04381.
Layer MobileNetV2() {
  std::vector<Layer> features = {ConvNormActivation(3, 32, Window(3).Stride(2), ReLU6())};
  int in = 32;
  for (const Stage& stage : kStages) {
    for (int i = 0; i < stage.repeats; ++i) {
      features.push_back(
          InvertedResidual(in, stage.channels, i == 0 ? stage.stride : 1, stage.expansion));
      in = stage.channels;
    }
  }
  features.push_back(ConvNormActivation(in, 1280, Window(1), ReLU6()));
  return Composite("torchvision.models.mobilenetv2.MobileNetV2",
                   {{"features", Sequential(std::move(features))},
                    {"classifier", Sequential({Dropout(0.2), Linear(1280, 1000)})}},
                   {"x = torch.adaptive_avg_pool2d(self.features(x), [1, 1])",
                    "return self.classifier(torch.flatten(x, 1))"});
}

}  // namespace edgebench::worker::zoo
