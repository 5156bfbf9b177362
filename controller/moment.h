#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edgebench::controller {

// A moment as people name it: how long ago ("90min", "2h", "7d", "3w"), a day or a time of the
// zone ("2026-11-20", "2026-11-20 14:30", "14:30" of today), or one with its own zone
// ("2026-11-20T14:30:00Z").
// INVALID_ARGUMENT names the text and these forms.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now, absl::TimeZone zone);

}  // namespace edgebench::controller
