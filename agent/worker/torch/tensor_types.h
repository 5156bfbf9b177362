#pragma once

#include <torch/script.h>

#include <optional>
#include <string>

namespace edgebench::worker {

// The types of common/input_spec.h: "float32", "int64", ... nullopt when there
// is no such type.
std::optional<at::ScalarType> TypeOf(const std::string& name);

// The same names; LibTorch's own name for types that inputs cannot have ("QUInt8").
std::string TypeName(at::ScalarType type);

}  // namespace edgebench::worker
