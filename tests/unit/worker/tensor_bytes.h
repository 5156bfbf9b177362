#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace edgebench {

// The bytes of numbers as they lie in memory.
template <typename T>
std::string BytesOfValues(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), 0);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::string LittleEndian(uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, number >>= 8) text.push_back(static_cast<char>(number));
  return text;
}

// A .npy file: NpyOf("<f4", "(2, 3)", bytes).
inline std::string NpyOf(const std::string& type, const std::string& shape,
                         const std::string& content, int version = 1,
                         const std::string& fortran_order = "False") {
  const std::string header = absl::StrCat(
      "{'descr': '", type, "', 'fortran_order': ", fortran_order, ", 'shape': ", shape, ", }\n");
  return absl::StrCat("\x93NUMPY", std::string(1, static_cast<char>(version)), std::string(1, '\0'),
                      LittleEndian(header.size(), version == 1 ? 2 : 4), header, content);
}

// A .safetensors file of a header in JSON.
inline std::string SafetensorsOf(const std::string& header, const std::string& content) {
  return absl::StrCat(LittleEndian(header.size(), 8), header, content);
}

}  // namespace edgebench
