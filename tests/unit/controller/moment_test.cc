#include "controller/moment.h"

#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

const absl::TimeZone kBerlin = absl::FixedTimeZone(3600);
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 11, 20, 15, 0, 0), kBerlin);

absl::Time At(int day, int hour, int minute, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 11, day, hour, minute, second), kBerlin);
}

TEST(Moment, IsHowLongAgo) {
  EXPECT_EQ(*ParseMoment("90min", kNow, kBerlin), At(20, 13, 30));
  EXPECT_EQ(*ParseMoment("2h", kNow, kBerlin), At(20, 13, 0));
  EXPECT_EQ(*ParseMoment("0.5d", kNow, kBerlin), At(20, 3, 0));
  EXPECT_EQ(*ParseMoment("1w", kNow, kBerlin), At(13, 15, 0));
}

TEST(Moment, IsADayOrATimeOfTheZone) {
  EXPECT_EQ(*ParseMoment("2026-11-18", kNow, kBerlin), At(18, 0, 0));
  EXPECT_EQ(*ParseMoment("2026-11-18 14:30", kNow, kBerlin), At(18, 14, 30));
  EXPECT_EQ(*ParseMoment("2026-11-18T14:30:05", kNow, kBerlin), At(18, 14, 30, 5));
  EXPECT_EQ(*ParseMoment("09:15", kNow, kBerlin), At(20, 9, 15)) << "of today";
}

TEST(Moment, HasItsOwnZoneWhereItSaysSo) {
  EXPECT_EQ(*ParseMoment("2026-11-20T14:00:00Z", kNow, kBerlin), kNow);
  EXPECT_EQ(*ParseMoment("2026-11-20T16:00:00+02:00", kNow, kBerlin), kNow);
}

TEST(Moment, IsNothingElse) {
  for (const char* text :
       {"", "yesterday", "2h ago", "-2h", "2026-13-01", "2026-11-31", "25:00", "7", "d", "nand"}) {
    EXPECT_EQ(ParseMoment(text, kNow, kBerlin).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace edgebench::controller
