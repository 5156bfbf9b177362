#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::agent {

// How settings are refused: the field, what was given, what is allowed.

template <typename Value>
absl::Status Refuse(absl::string_view field, const Value& given, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", given, "; allowed: ", allowed));
}

absl::Status CheckRange(absl::string_view field, int64_t given, int64_t low, int64_t high);

// One of the names, with the nearest one in the refusal.
absl::Status CheckName(absl::string_view field, const std::string& given,
                       const std::vector<std::string>& allowed);

// The name that people call a file: the digest's start where none is given.
absl::Status NormalizeName(absl::string_view field, const v1::Digest& digest, std::string& name);

}  // namespace edgebench::agent
