#pragma once

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// One function per architecture, each in a file of its family's folder; models.cc
// has a row for each model.

// --- vision: float32[N,3,H,W] to scores of 1000 classes
Layer MnasNet1_0();
Layer MobileNetV2();
Layer MobileNetV3Large();
Layer MobileNetV3Small();
Layer ResNet18();
Layer ResNet50();
Layer SqueezeNet1_0();
Layer SqueezeNet1_1();
Layer VGG16();

Layer BertBase();
Layer AlbertBase();
Layer DistilBertBase();
Layer LongformerBase();

}  // namespace edgebench::worker::zoo
