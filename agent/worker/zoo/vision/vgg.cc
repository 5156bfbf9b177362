#include <utility>
#include <vector>

#include "agent/worker/zoo/architectures.h"

namespace edgebench::worker::zoo {

// Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
// Recognition, arXiv:1409.1556, table 1, column D.
Layer VGG16() {
  const std::vector<std::vector<int>> stages = {
      {64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
  std::vector<Layer> features;
  int in = 3;
  for (const std::vector<int>& widths : stages) {
    for (const int width : widths) {
      features.push_back(Conv2d(in, width, Window(3), Bias::kYes));
      features.push_back(ReLU());
      in = width;
    }
    features.push_back(MaxPool2d(Window(2).Stride(2).Padding(0), /*ceil_mode=*/false));
  }
  return Composite(
      "torchvision.models.vgg.VGG",
      {{"features", Sequential(std::move(features))},
       {"avgpool", AdaptiveAvgPool2d(7)},
       {"classifier", Sequential({Linear(512 * 7 * 7, 4096), ReLU(), Dropout(0.5),
                                  Linear(4096, 4096), ReLU(), Dropout(0.5), Linear(4096, 1000)})}},
      {"x = self.avgpool(self.features(x))", "return self.classifier(torch.flatten(x, 1))"});
}

}  // namespace edgebench::worker::zoo
