#pragma once

#include <cstdio>
#include <string>

#include "absl/strings/str_format.h"

namespace edgebench::bench {

// One line of the table that run.sh prints: what, the figure, the goal, and
// whether it was reached. Columns are separated by tabs.
inline void PrintRow(const std::string& what, const std::string& figure, const std::string& goal,
                     bool reached) {
  absl::PrintF("%s\t%s\t%s\t%s\n", what, figure, goal, reached ? "yes" : "NO");
  std::fflush(stdout);
}

// A figure without a goal, for orientation.
inline void PrintFigure(const std::string& what, const std::string& figure) {
  absl::PrintF("%s\t%s\t-\t-\n", what, figure);
  std::fflush(stdout);
}

}  // namespace edgebench::bench
