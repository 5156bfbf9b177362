#include <utility>
#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

// Section 3.2: a squeeze layer feeds two expand layers side by side.
Layer Fire(int in, int squeeze, int expand) {
  return Composite("torchvision.models.squeezenet.Fire",
                   {{"squeeze", Conv2d(in, squeeze, Window(1), Bias::kYes)},
                    {"squeeze_activation", ReLU()},
                    {"expand1x1", Conv2d(squeeze, expand, Window(1), Bias::kYes)},
                    {"expand1x1_activation", ReLU()},
                    {"expand3x3", Conv2d(squeeze, expand, Window(3), Bias::kYes)},
                    {"expand3x3_activation", ReLU()}},
                   {"x = self.squeeze_activation(self.squeeze(x))",
                    "narrow = self.expand1x1_activation(self.expand1x1(x))",
                    "wide = self.expand3x3_activation(self.expand3x3(x))",
                    "return torch.cat([narrow, wide], 1)"});
}

const Window kHalving = Window(3).Stride(2).Padding(0);

Layer SqueezeNet(std::vector<Layer> features) {
  return Composite(
      "torchvision.models.squeezenet.SqueezeNet",
      {{"features", Sequential(std::move(features))},
       {"classifier", Sequential({Dropout(0.5), Conv2d(512, 1000, Window(1), Bias::kYes), ReLU(),
                                  AdaptiveAvgPool2d(1)})}},
      {"return torch.flatten(self.classifier(self.features(x)), 1)"});
}

}  // namespace

// Iandola et al., SqueezeNet, arXiv:1602.07360, table 1.
Layer SqueezeNet1_0() {
  const Layer pool = MaxPool2d(kHalving, /*ceil_mode=*/true);
  return SqueezeNet({Conv2d(3, 96, Window(7).Stride(2).Padding(0), Bias::kYes), ReLU(), pool,
                     Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), pool,
                     Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256),
                     pool, Fire(512, 64, 256)});
}

// https://github.com/forresti/SqueezeNet, SqueezeNet_v1.1: a smaller first convolution
// and earlier pooling, for 2.4 times less work.
Layer SqueezeNet1_1() {
  const Layer pool = MaxPool2d(kHalving, /*ceil_mode=*/true);
  return SqueezeNet({Conv2d(3, 64, kHalving, Bias::kYes), ReLU(), pool, Fire(64, 16, 64),
                     Fire(128, 16, 64), pool, Fire(128, 32, 128), Fire(256, 32, 128), pool,
                     Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256),
                     Fire(512, 64, 256)});
}

}  // namespace edgebench::worker::zoo
