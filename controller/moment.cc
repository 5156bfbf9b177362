#include "controller/moment.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace edgebench::controller {
namespace {

struct Unit {
  absl::string_view suffix;
  absl::Duration length;
};

const Unit kUnits[] = {{"min", absl::Minutes(1)},
                       {"h", absl::Hours(1)},
                       {"d", absl::Hours(24)},
                       {"w", absl::Hours(24 * 7)}};

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now,
                                       absl::TimeZone zone) {
  for (const Unit& unit : kUnits) {
    absl::string_view number = text;
    double count = 0;
    if (absl::ConsumeSuffix(&number, unit.suffix) && absl::SimpleAtod(number, &count) &&
        count >= 0) {
      return now - count * unit.length;
    }
  }
  absl::Time moment;
  std::string ignored;
  const std::string typed(text);
  if (absl::ParseTime(absl::RFC3339_full, typed, &moment, &ignored)) return moment;
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    if (absl::ParseTime(format, typed, zone, &moment, &ignored)) return moment;
  }
  const std::string today = absl::FormatTime("%Y-%m-%d ", now, zone);
  if (absl::ParseTime("%Y-%m-%d %H:%M", today + typed, zone, &moment, &ignored)) return moment;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no time: say how long ago, as in 90min, 2h, 7d or 3w, or when, ",
      "as in 2026-11-20, '2026-11-20 14:30' or 14:30"));
}

}  // namespace edgebench::controller
