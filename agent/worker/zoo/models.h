#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/worker/zoo/layers.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker::zoo {

// A row of the table of models.
struct Model {
  Layer (*architecture)();
  v1::ZooModel facts;  // all but the parameters, which are counted
  // Shape of the data that batch norms are conditioned with. Small, as conditioning is
  // part of building.
  std::vector<int64_t> conditioning_shape = {};
  // The child whose batch norms they are and that takes such data; empty: the model itself.
  std::string conditioned_child = {};
};

// By family and name. To add a model: its architecture in a file of its family's folder,
// and a row in models.cc.
const std::vector<Model>& TableOfModels();

}  // namespace edgebench::worker::zoo
