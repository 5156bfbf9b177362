#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

// Figure 2 of the paper; a projection shortcut where the shape changes.
Layer BasicBlock(int in, int out, int stride) {
  std::vector<std::pair<std::string, Layer>> children = {
      {"conv1", Conv2d(in, out, Window(3).Stride(stride), Bias::kNo)},
      {"bn1", BatchNorm2d(out)},
      {"relu", ReLU()},
      {"conv2", Conv2d(out, out, Window(3), Bias::kNo)},
      {"bn2", BatchNorm2d(out)},
  };
  const bool projection = stride != 1 || in != out;
  if (projection) children.emplace_back("downsample", ConvNorm(in, out, Window(1).Stride(stride)));
  return Composite(
      "torchvision.models.resnet.BasicBlock", std::move(children),
      {"out = self.relu(self.bn1(self.conv1(x)))", "out = self.bn2(self.conv2(out))",
       projection ? "out += self.downsample(x)" : "out += x", "return self.relu(out)"});
}

Layer Stage(int in, int out, int blocks, int stride) {
  std::vector<Layer> layers = {BasicBlock(in, out, stride)};
  for (int i = 1; i < blocks; ++i) layers.push_back(BasicBlock(out, out, 1));
  return Sequential(std::move(layers));
}

}  // namespace

// He et al., Deep Residual Learning for Image Recognition, arXiv:1512.03385,
// table 1, column 18-layer.
Layer ResNet18() {
  return Composite("torchvision.models.resnet.ResNet",
                   {{"conv1", Conv2d(3, 64, Window(7).Stride(2), Bias::kNo)},
                    {"bn1", BatchNorm2d(64)},
                    {"relu", ReLU()},
                    {"maxpool", MaxPool2d(Window(3).Stride(2), /*ceil_mode=*/false)},
                    {"layer1", Stage(64, 64, 2, 1)},
                    {"layer2", Stage(64, 128, 2, 2)},
                    {"layer3", Stage(128, 256, 2, 2)},
                    {"layer4", Stage(256, 512, 2, 2)},
                    {"avgpool", AdaptiveAvgPool2d(1)},
                    {"fc", Linear(512, 1000)}},
                   {"x = self.maxpool(self.relu(self.bn1(self.conv1(x))))",
                    "x = self.layer4(self.layer3(self.layer2(self.layer1(x))))",
                    "return self.fc(torch.flatten(self.avgpool(x), 1))"});
}

}  // namespace edgebench::worker::zoo
