#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench {

// One input of a model: "float32[N,3,H,W]", "int64[N,L]:0..30521",
// "float32[1,80,100]:-1..1". N is the batch, H and W the image size, L the
// sequence length, T the frames of speech. Types: float32, float64, float16, bfloat16, int64,
// int32, int8, uint8, bool. The range says what random values are drawn from: uniform, both ends
// included for integers. Default: standard-normal-like floats (uniform with variance 1), integers
// 0..1.
struct InputSpec {
  struct Dimension {
    char symbol = 0;  // 'N', 'H', 'W', 'L', 'T', or 0 for a fixed size
    int64_t size = 0;
  };
  std::string type;
  std::vector<Dimension> shape;  // empty: a scalar tensor, "float32[]"
  std::optional<double> low, high;
};

// INVALID_ARGUMENT names the position and what was expected.
absl::StatusOr<InputSpec> ParseInputSpec(absl::string_view text);

struct InputSizes {
  int64_t batch = 1;
  std::optional<int64_t> image_size;
  std::optional<int64_t> seq_len;
  std::optional<int64_t> frames;
};

// The shape with symbols replaced. INVALID_ARGUMENT when the spec has a symbol
// whose size is not given; names the flag that gives it (--image-size, --seq-len, --frames).
absl::StatusOr<std::vector<int64_t>> ResolveShape(const InputSpec& spec, const InputSizes& sizes);

}  // namespace edgebench
