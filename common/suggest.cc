#include "common/suggest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace edgebench {
namespace {

// Insertions, deletions, replacements, and swaps of two neighbours, each
// costing one (optimal string alignment).
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::vector<std::string> Nearest(absl::string_view name,
                                 const std::vector<std::string>& candidates) {
  constexpr size_t kMost = 3;
  const std::string wanted = absl::AsciiStrToLower(name);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const std::string lower = absl::AsciiStrToLower(candidate);
    // That far apart they are by their lengths alone; a name may be as long as a file.
    if (wanted.size() > 2 * lower.size() + 1) continue;
    size_t distance = EditDistance(wanted, lower);
    // "mobilenet" is far from "mobilenet_v2" by edits, yet plainly its beginning.
    const bool prefix = wanted.size() >= 3 && absl::StartsWith(lower, wanted);
    if (prefix) distance = std::min<size_t>(distance, 1);
    // A third of the letters may be wrong; of a very short name, one.
    if (distance <= std::max<size_t>(1, wanted.size() / 3)) near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (near.size() > kMost) near.resize(kMost);
  std::vector<std::string> names;
  for (auto& [distance, candidate] : near) names.push_back(std::move(candidate));
  return names;
}

std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string> near = Nearest(name, candidates);
  if (near.empty()) return "";
  return absl::StrCat(" Did you mean ", absl::StrJoin(near, " or "), "?");
}

}  // namespace edgebench
