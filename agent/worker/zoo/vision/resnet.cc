#include <string>
#include <utility>
#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {
namespace {

using Children = std::vector<std::pair<std::string, Layer>>;
using Block = Layer (*)(int in, int width, int stride);

// Figure 5 of the paper: two convolutions, or a bottleneck of three around a narrow one.
constexpr int kBasicExpansion = 1;
constexpr int kBottleneckExpansion = 4;

// Adds the projection shortcut where the shape changes, and says what is added to `out`.
std::string Shortcut(int in, int out, int stride, Children& children) {
  if (stride == 1 && in == out) return "out += x";
  children.emplace_back("downsample", ConvNorm(in, out, Window(1).Stride(stride)));
  return "out += self.downsample(x)";
}

Layer BasicBlock(int in, int width, int stride) {
  Children children = {
      {"conv1", Conv2d(in, width, Window(3).Stride(stride), Bias::kNo)},
      {"bn1", BatchNorm2d(width)},
      {"relu", ReLU()},
      {"conv2", Conv2d(width, width, Window(3), Bias::kNo)},
      {"bn2", BatchNorm2d(width)},
  };
  const std::string shortcut = Shortcut(in, width, stride, children);
  return Composite("torchvision.models.resnet.BasicBlock", std::move(children),
                   {"out = self.relu(self.bn1(self.conv1(x)))", "out = self.bn2(self.conv2(out))",
                    shortcut, "return self.relu(out)"});
}

// The stride is in the 3x3 convolution, where torchvision has it ("ResNet V1.5"); the
// paper has it in the first.
Layer Bottleneck(int in, int width, int stride) {
  const int out = width * kBottleneckExpansion;
  Children children = {
      {"conv1", Conv2d(in, width, Window(1), Bias::kNo)},
      {"bn1", BatchNorm2d(width)},
      {"conv2", Conv2d(width, width, Window(3).Stride(stride), Bias::kNo)},
      {"bn2", BatchNorm2d(width)},
      {"conv3", Conv2d(width, out, Window(1), Bias::kNo)},
      {"bn3", BatchNorm2d(out)},
      {"relu", ReLU()},
  };
  const std::string shortcut = Shortcut(in, out, stride, children);
  return Composite(
      "torchvision.models.resnet.Bottleneck", std::move(children),
      {"out = self.relu(self.bn1(self.conv1(x)))", "out = self.relu(self.bn2(self.conv2(out)))",
       "out = self.bn3(self.conv3(out))", shortcut, "return self.relu(out)"});
}

Layer ResNet(Block block, int expansion, const std::vector<int>& repeats) {
  int in = 64;
  Children children = {
      {"conv1", Conv2d(3, in, Window(7).Stride(2), Bias::kNo)},
      {"bn1", BatchNorm2d(in)},
      {"relu", ReLU()},
      {"maxpool", MaxPool2d(Window(3).Stride(2), /*ceil_mode=*/false)},
  };
  for (size_t stage = 0; stage < repeats.size(); ++stage) {
    const int width = 64 << stage;
    std::vector<Layer> blocks;
    for (int i = 0; i < repeats[stage]; ++i) {
      blocks.push_back(block(in, width, i == 0 && stage > 0 ? 2 : 1));
      in = width * expansion;
    }
    children.emplace_back("layer" + std::to_string(stage + 1), Sequential(std::move(blocks)));
  }
  children.emplace_back("avgpool", AdaptiveAvgPool2d(1));
  children.emplace_back("fc", Linear(in, 1000));
  return Composite("torchvision.models.resnet.ResNet", std::move(children),
                   {"x = self.maxpool(self.relu(self.bn1(self.conv1(x))))",
                    "x = self.layer4(self.layer3(self.layer2(self.layer1(x))))",
                    "return self.fc(torch.flatten(self.avgpool(x), 1))"});
}

}  // namespace

// He et al., Deep Residual Learning for Image Recognition, arXiv:1512.03385,
// table 1, columns 18-layer and 50-layer.
Layer ResNet18() { return ResNet(BasicBlock, kBasicExpansion, {2, 2, 2, 2}); }
Layer ResNet50() { return ResNet(Bottleneck, kBottleneckExpansion, {3, 4, 6, 3}); }

}  // namespace edgebench::worker::zoo
