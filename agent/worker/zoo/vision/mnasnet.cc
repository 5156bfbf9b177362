#include <utility>
#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

// A 1x1 expansion, a depthwise convolution, a linear 1x1 projection.
Layer InvertedResidual(int in, int out, int kernel, int stride, int expansion) {
  const int hidden = in * expansion;
  const bool shortcut = stride == 1 && in == out;
  return Composite(
      "torchvision.models.mnasnet._InvertedResidual",
      {{"layers",
        Sequential({
            Conv2d(in, hidden, Window(1), Bias::kNo),
            BatchNorm2d(hidden),
            ReLU(),
            Conv2d(hidden, hidden, Window(kernel).Stride(stride).Groups(hidden), Bias::kNo),
            BatchNorm2d(hidden),
            ReLU(),
            Conv2d(hidden, out, Window(1), Bias::kNo),
            BatchNorm2d(out),
        })}},
      {shortcut ? "return self.layers(x) + x" : "return self.layers(x)"});
}

// A row of figure 7: blocks of one kind, the first of which strides.
struct Stage {
  int channels, kernel, stride, expansion, repeats;
};

constexpr Stage kStages[] = {{24, 3, 2, 3, 3}, {40, 5, 2, 3, 3},  {80, 5, 2, 6, 3},
                             {96, 3, 1, 6, 2}, {192, 5, 2, 6, 4}, {320, 3, 1, 6, 1}};

constexpr int kStem = 32;
constexpr int kSeparable = 16;
constexpr int kLast = 1280;

}  // namespace

// Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile,
// arXiv:1807.11626: MnasNet-B1, depth multiplier 1.0.
Layer MnasNet1_0() {
  std::vector<Layer> layers = {
      Conv2d(3, kStem, Window(3).Stride(2), Bias::kNo),         BatchNorm2d(kStem),      ReLU(),
      Conv2d(kStem, kStem, Window(3).Groups(kStem), Bias::kNo), BatchNorm2d(kStem),      ReLU(),
      Conv2d(kStem, kSeparable, Window(1), Bias::kNo),          BatchNorm2d(kSeparable),
  };
  int in = kSeparable;
  for (const Stage& stage : kStages) {
    std::vector<Layer> blocks;
    for (int i = 0; i < stage.repeats; ++i) {
      blocks.push_back(InvertedResidual(in, stage.channels, stage.kernel, i == 0 ? stage.stride : 1,
                                        stage.expansion));
      in = stage.channels;
    }
    layers.push_back(Sequential(std::move(blocks)));
  }
  layers.push_back(Conv2d(in, kLast, Window(1), Bias::kNo));
  layers.push_back(BatchNorm2d(kLast));
  layers.push_back(ReLU());
  return Composite("torchvision.models.mnasnet.MNASNet",
                   {{"layers", Sequential(std::move(layers))},
                    {"classifier", Sequential({Dropout(0.2), Linear(kLast, 1000)})}},
                   {"x = self.layers(x).mean([2, 3])", "return self.classifier(x)"});
}

}  // namespace edgebench::worker::zoo
