#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// A size of a model's inputs, besides the batch, that a user may choose and a sweep
// vary: all that commands and tables need to know of one.
struct InputSize {
  const char* flag;     // "--image-size"
  const char* name;     // "image size", in sentences
  const char* label;    // "image", in tables
  const char* symbols;  // in the specification of an input: "HW"
  std::optional<int32_t> (*of)(const v1::JobSettings&);
  void (*set)(v1::JobSettings&, int32_t);
  std::optional<int32_t> (*default_of)(const v1::ZooModel&);  // nullopt: it has no such size
};

// Image size, sequence length, frames.
const std::array<InputSize, 3>& InputSizesOfModels();

}  // namespace edgebench::controller
