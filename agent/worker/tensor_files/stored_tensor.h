#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/worker/files/file_range.h"

namespace edgebench::tensor_files {

using worker::FileRange;

// A tensor that lies in a file, little-endian, the last dimension contiguous.
struct StoredTensor {
  std::string name;  // "" where the format has no names
  std::string type;  // as in common/input_spec.h
  std::vector<int64_t> shape;
  FileRange content;  // exactly the size that type and shape give
};

// Of files that hold many; few bytes can claim any number.
inline constexpr size_t kMaxTensors = 100'000;
inline constexpr size_t kMaxTensorNameBytes = 1024;

inline constexpr size_t kTensorSignatureBytes = 16;
bool IsNpy(absl::string_view start);
// By the length of its header and the brace behind it.
bool IsSafetensors(absl::string_view start);

// NumPy's format, versions 1 to 3 (numpy.lib.format).
//   INVALID_ARGUMENT  damaged, cut short, Fortran order, big-endian, or elements
//                     that inputs cannot have
absl::StatusOr<StoredTensor> ReadNpyHeader(const FileRange& file);

// https://github.com/huggingface/safetensors#format, tensors sorted by name.
//   INVALID_ARGUMENT  as above, or tensors that overlap
absl::StatusOr<std::vector<StoredTensor>> ReadSafetensorsHeader(const FileRange& file);

// Size of an element in bytes; 0 for no type of common/input_spec.h.
int64_t ElementBytes(absl::string_view type);

// The size in bytes. INVALID_ARGUMENT for a negative dimension, or where it
// exceeds what a file can have.
absl::StatusOr<uint64_t> BytesOf(absl::string_view type, const std::vector<int64_t>& shape);

}  // namespace edgebench::tensor_files
