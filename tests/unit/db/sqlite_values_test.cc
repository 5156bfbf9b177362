#include "db/sqlite_values.h"

#include <gtest/gtest.h>

namespace edgebench::db {
namespace {

TEST(TextOfTime, HasAFixedWidthSoThatItSorts) {
  const absl::Time whole = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(TextOfTime(whole), "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(TextOfTime(whole + absl::Nanoseconds(7)), "2023-11-14T22:13:20.000000007Z");
  EXPECT_LT(TextOfTime(whole), TextOfTime(whole + absl::Nanoseconds(7)));
}

TEST(TimeOfText, ReadsBackWhatWasWritten) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);
  EXPECT_EQ(*TimeOfText(TextOfTime(time)), time);
  EXPECT_EQ(TimeOfText("yesterday").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace edgebench::db
