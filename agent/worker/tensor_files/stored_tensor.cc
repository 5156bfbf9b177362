#include "agent/worker/tensor_files/stored_tensor.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace edgebench::tensor_files {
namespace {

struct ElementType {
  absl::string_view name;
  int64_t bytes;
};

constexpr ElementType kTypes[] = {
    {"float32", 4}, {"float64", 8}, {"float16", 2}, {"bfloat16", 2}, {"int64", 8},
    {"int32", 4},   {"int8", 1},    {"uint8", 1},   {"bool", 1},
};

}  // namespace

int64_t ElementBytes(absl::string_view type) {
  for (const ElementType& known : kTypes) {
    if (type == known.name) return known.bytes;
  }
  return 0;
}

absl::StatusOr<uint64_t> BytesOf(absl::string_view type, const std::vector<int64_t>& shape) {
  int64_t bytes = ElementBytes(type);
  for (const int64_t size : shape) {
    if (size < 0) return absl::InvalidArgumentError(absl::StrCat("has a dimension of ", size));
    if (size > 0 && bytes > std::numeric_limits<int64_t>::max() / size) {
      return absl::InvalidArgumentError("has a tensor larger than any file");
    }
    bytes *= size;
  }
  return static_cast<uint64_t>(bytes);
}

}  // namespace edgebench::tensor_files
