#pragma once

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// LongformerBase with this many layers instead of twelve.
Layer Longformer(int layers);

}  // namespace edgebench::worker::zoo
