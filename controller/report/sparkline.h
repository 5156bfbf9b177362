#pragma once

#include <optional>
#include <string>
#include <vector>

namespace edgebench::controller {

// A character for each value, of eight heights from 0 to the largest: "▂▃▅█". "×" where there is
// none, as of a cell that failed. Values are at least 0.
std::string Sparkline(const std::vector<std::optional<double>>& values);

}  // namespace edgebench::controller
