#include "controller/report/sparkline.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace edgebench::controller {

std::string Sparkline(const std::vector<std::optional<double>>& values) {
  constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr int kHighest = 7;
  double most = 0;
  for (const std::optional<double>& value : values) most = std::max(most, value.value_or(0));
  std::string line;
  for (const std::optional<double>& value : values) {
    if (!value) {
      line += "×";
      continue;
    }
    const double share = most > 0 ? *value / most : 0;
    line += kBlocks[std::clamp(static_cast<int>(std::ceil(share * 8)) - 1, 0, kHighest)];
  }
  return line;
}

}  // namespace edgebench::controller
