#include "agent/power/power_source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace edgebench::agent {

std::string NameOfSource(const std::string& kind, const std::vector<PowerRail>& rails) {
  std::vector<std::string> names;
  for (const PowerRail& rail : rails) {
    if (rail.counted) names.push_back(rail.name);
  }
  return absl::StrCat(kind, ":", absl::StrJoin(names, "+"));
}

void CountTotals(std::vector<PowerRail>& rails) {
  for (PowerRail& rail : rails) {
    rail.counted = std::none_of(rails.begin(), rails.end(), [&rail](const PowerRail& other) {
      return other.name == rail.part_of;
    });
  }
}

}  // namespace edgebench::agent
