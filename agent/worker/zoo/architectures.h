#pragma once

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// One function per architecture, each in a file of its own; registry.cc has a
// row for each model.
Layer MobileNetV2();
Layer MobileNetV3Small();
Layer ResNet18();
Layer SqueezeNet1_0();

Layer BertBase();
Layer AlbertBase();
Layer DistilBertBase();
Layer LongformerBase();

}  // namespace edgebench::worker::zoo
