#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench {

// The candidates nearest to a mistyped name by edit distance, best first, at
// most three, none when nothing is near. Case is ignored.
std::vector<std::string> Nearest(absl::string_view name,
                                 const std::vector<std::string>& candidates);

// " Did you mean mobilenet_v2?" or "" when nothing is near.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace edgebench
