#include "agent/worker/torch/tensor_types.h"

namespace edgebench::worker {
namespace {

struct NamedType {
  const char* name;
  at::ScalarType type;
};

constexpr NamedType kTypes[] = {
    {"float32", at::kFloat},     {"float64", at::kDouble}, {"float16", at::kHalf},
    {"bfloat16", at::kBFloat16}, {"int64", at::kLong},     {"int32", at::kInt},
    {"int8", at::kChar},         {"uint8", at::kByte},     {"bool", at::kBool},
};

}  // namespace

std::optional<at::ScalarType> TypeOf(const std::string& name) {
  for (const NamedType& known : kTypes) {
    if (name == known.name) return known.type;
  }
  return std::nullopt;
}

std::string TypeName(at::ScalarType type) {
  for (const NamedType& known : kTypes) {
    if (type == known.type) return known.name;
  }
  return c10::toString(type);
}

}  // namespace edgebench::worker
