#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace edgebench::controller {

// Unknown is null, never 0 nor "".

template <typename T>
nlohmann::ordered_json OrNull(bool known, T value) {
  return known ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

template <typename T>
nlohmann::ordered_json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

inline nlohmann::ordered_json OrNull(const std::string& text) {
  return OrNull(!text.empty(), text);
}

}  // namespace edgebench::controller
