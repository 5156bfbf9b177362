#include <algorithm>
#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

constexpr double kEps = 1e-3;

enum class Activation { kReLU, kHardswish };
constexpr Activation RE = Activation::kReLU;
constexpr Activation HS = Activation::kHardswish;

// One row of the paper's tables 1 and 2.
struct Bottleneck {
  int in, kernel, expanded, out;
  bool squeeze;
  Activation activation;
  int stride;
};

Layer Activate(Activation activation) {
  return activation == Activation::kReLU ? ReLU() : Hardswish();
}

// The multiple of 8 nearest to a quarter, at least 8 and not less than 90 % of it.
int SqueezedChannels(int channels) {
  const int quarter = channels / 4;
  const int rounded = std::max(8, (quarter + 4) / 8 * 8);
  return rounded * 10 < quarter * 9 ? rounded + 8 : rounded;
}

Layer InvertedResidual(const Bottleneck& row) {
  std::vector<Layer> block;
  if (row.expanded != row.in) {
    block.push_back(
        ConvNormActivation(row.in, row.expanded, Window(1), Activate(row.activation), kEps));
  }
  block.push_back(ConvNormActivation(row.expanded, row.expanded,
                                     Window(row.kernel).Stride(row.stride).Groups(row.expanded),
                                     Activate(row.activation), kEps));
  if (row.squeeze) block.push_back(SqueezeExcitation(row.expanded, SqueezedChannels(row.expanded)));
  block.push_back(ConvNorm(row.expanded, row.out, Window(1), kEps));
  const bool shortcut = row.stride == 1 && row.in == row.out;
  return Composite("torchvision.models.mobilenetv3.InvertedResidual",
                   {{"block", Sequential(std::move(block))}},
                   {shortcut ? "return self.block(x) + x" : "return self.block(x)"});
}

Layer MobileNetV3(const std::vector<Bottleneck>& rows, int last_conv, int last_channel) {
  const int first = rows.front().in;
  std::vector<Layer> features = {
      ConvNormActivation(3, first, Window(3).Stride(2), Hardswish(), kEps)};
  for (const Bottleneck& row : rows) features.push_back(InvertedResidual(row));
  features.push_back(ConvNormActivation(rows.back().out, last_conv, Window(1), Hardswish(), kEps));
  return Composite(
      "torchvision.models.mobilenetv3.MobileNetV3",
      {{"features", Sequential(std::move(features))},
       {"avgpool", AdaptiveAvgPool2d(1)},
       {"classifier", Sequential({Linear(last_conv, last_channel), Hardswish(), Dropout(0.2),
                                  Linear(last_channel, 1000)})}},
      {"x = self.avgpool(self.features(x))", "return self.classifier(torch.flatten(x, 1))"});
}

}  // namespace

// Howard et al., Searching for MobileNetV3, arXiv:1905.02244, tables 1 and 2.
Layer MobileNetV3Large() {
  return MobileNetV3(
      {
          {16, 3, 16, 16, false, RE, 1},
          {16, 3, 64, 24, false, RE, 2},
          {24, 3, 72, 24, false, RE, 1},
          {24, 5, 72, 40, true, RE, 2},
          {40, 5, 120, 40, true, RE, 1},
          {40, 5, 120, 40, true, RE, 1},
          {40, 3, 240, 80, false, HS, 2},
          {80, 3, 200, 80, false, HS, 1},
          {80, 3, 184, 80, false, HS, 1},
          {80, 3, 184, 80, false, HS, 1},
          {80, 3, 480, 112, true, HS, 1},
          {112, 3, 672, 112, true, HS, 1},
          {112, 5, 672, 160, true, HS, 2},
          {160, 5, 960, 160, true, HS, 1},
          {160, 5, 960, 160, true, HS, 1},
      },
      /*last_conv=*/960, /*last_channel=*/1280);
}

Layer MobileNetV3Small() {
  return MobileNetV3(
      {
          {16, 3, 16, 16, true, RE, 2},
          {16, 3, 72, 24, false, RE, 2},
          {24, 3, 88, 24, false, RE, 1},
          {24, 5, 96, 40, true, HS, 2},
          {40, 5, 240, 40, true, HS, 1},
          {40, 5, 240, 40, true, HS, 1},
          {40, 5, 120, 48, true, HS, 1},
          {48, 5, 144, 48, true, HS, 1},
          {48, 5, 288, 96, true, HS, 2},
          {96, 5, 576, 96, true, HS, 1},
          {96, 5, 576, 96, true, HS, 1},
      },
      /*last_conv=*/576, /*last_channel=*/1024);
}

}  // namespace edgebench::worker::zoo
