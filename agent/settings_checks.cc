#include "agent/settings_checks.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_join.h"
#include "common/digest.h"
#include "common/suggest.h"
#include "common/valid_text.h"

namespace edgebench::agent {

absl::Status CheckRange(absl::string_view field, int64_t given, int64_t low, int64_t high) {
  if (given >= low && given <= high) return absl::OkStatus();
  return Refuse(field, given, absl::StrCat(low, " to ", high));
}

absl::Status CheckName(absl::string_view field, const std::string& given,
                       const std::vector<std::string>& allowed) {
  if (absl::c_linear_search(allowed, given)) return absl::OkStatus();
  const std::string nearest = DidYouMean(given, allowed);
  return Refuse(field, absl::StrCat("\"", given, "\""),
                absl::StrCat(absl::StrJoin(allowed, ", "), nearest.empty() ? "" : ".", nearest));
}

absl::Status NormalizeName(absl::string_view field, const v1::Digest& digest, std::string& name) {
  constexpr size_t kMaxNameBytes = 255;
  if (name.empty()) name = ShortDigest(digest);
  name = ValidUtf8(name);
  if (name.size() <= kMaxNameBytes) return absl::OkStatus();
  return Refuse(field, absl::StrCat(name.size(), " bytes"),
                absl::StrCat("at most ", kMaxNameBytes));
}

}  // namespace edgebench::agent
