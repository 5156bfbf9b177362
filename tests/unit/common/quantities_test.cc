#include "common/quantities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace edgebench {
namespace {

using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ParseBytes, KnowsDecimalAndBinaryUnits) {
  EXPECT_EQ(*ParseBytes("0"), 0);
  EXPECT_EQ(*ParseBytes("512"), 512);
  EXPECT_EQ(*ParseBytes("512B"), 512);
  EXPECT_EQ(*ParseBytes("64KB"), 64'000);
  EXPECT_EQ(*ParseBytes("64kB"), 64'000);
  EXPECT_EQ(*ParseBytes("64KiB"), 65'536);
  EXPECT_EQ(*ParseBytes("4GB"), 4'000'000'000);
  EXPECT_EQ(*ParseBytes("4GiB"), 4'294'967'296);
  EXPECT_EQ(*ParseBytes("1.5 MB"), 1'500'000);
  EXPECT_EQ(*ParseBytes("2TiB"), 2'199'023'255'552);
}

TEST(ParseBytes, RefusesTheRestWithAnExample) {
  for (const char* text :
       {"", "GB", "-1", "4XB", "4 4", "1e9", "1.2.3", "9999999TB", "80%", "0x10", "."}) {
    EXPECT_EQ(ParseBytes(text).status().code(), kInvalid) << text;
  }
  EXPECT_THAT(std::string(ParseBytes("4XB").status().message()), HasSubstr("\"4XB\""));
  EXPECT_THAT(std::string(ParseBytes("4XB").status().message()), HasSubstr("4GiB"));
}

TEST(ParseBytesOrPercent, TakesAShareOfTheWhole) {
  EXPECT_EQ(*ParseBytesOrPercent("80%", 1'000), 800);
  EXPECT_EQ(*ParseBytesOrPercent("12.5%", 1'000), 125);
  EXPECT_EQ(*ParseBytesOrPercent("100%", 1'000), 1'000);
  EXPECT_EQ(*ParseBytesOrPercent("64KB", 1'000), 64'000);
  EXPECT_EQ(ParseBytesOrPercent("101%", 1'000).status().code(), kInvalid);
  EXPECT_EQ(ParseBytesOrPercent("%", 1'000).status().code(), kInvalid);
  EXPECT_EQ(ParseBytesOrPercent("-5%", 1'000).status().code(), kInvalid);
}

TEST(ParseFraction, TakesPercentAndPlainNumbers) {
  EXPECT_DOUBLE_EQ(*ParseFraction("3%"), 0.03);
  EXPECT_DOUBLE_EQ(*ParseFraction("0.03"), 0.03);
  EXPECT_DOUBLE_EQ(*ParseFraction("1"), 1.0);
  EXPECT_DOUBLE_EQ(*ParseFraction("100%"), 1.0);
  for (const char* text : {"", "0", "0%", "1.01", "101%", "-3%", "3", "x", "3%%"}) {
    EXPECT_EQ(ParseFraction(text).status().code(), kInvalid) << text;
  }
}

TEST(ParseSeconds, DefaultsToSecondsAndKnowsUnits) {
  EXPECT_EQ(*ParseSeconds("10"), absl::Seconds(10));
  EXPECT_EQ(*ParseSeconds("10s"), absl::Seconds(10));
  EXPECT_EQ(*ParseSeconds("0.5"), absl::Milliseconds(500));
  EXPECT_EQ(*ParseSeconds("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseSeconds("2min"), absl::Minutes(2));
  EXPECT_EQ(*ParseSeconds("1h"), absl::Hours(1));
  for (const char* text : {"", "0", "0s", "-1", "s", "10 parsecs", "1e9", "99999999h"}) {
    EXPECT_EQ(ParseSeconds(text).status().code(), kInvalid) << text;
  }
}

TEST(FormatBytes, GivesThreeSignificantDigits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1'000), "1.00 kB");
  EXPECT_EQ(FormatBytes(14'400'000), "14.4 MB");
  EXPECT_EQ(FormatBytes(999'600'000), "1.00 GB");
  EXPECT_EQ(FormatBytes(23'400'000'000), "23.4 GB");
  EXPECT_EQ(FormatBytes(-14'400'000), "-14.4 MB");
}

TEST(FormatJoules, HasThreeDigitsAndAUnit) {
  EXPECT_EQ(FormatJoules(0.0801), "80.1 mJ");
  EXPECT_EQ(FormatJoules(0.0009996), "1.00 mJ");
  EXPECT_EQ(FormatJoules(1.2), "1.20 J");
  EXPECT_EQ(FormatJoules(2.5e-7), "250 nJ");
  EXPECT_EQ(FormatJoules(3600), "3.60 kJ");
}

TEST(FormatNanos, ChangesTheUnitWhereTheRoundedNumberDoes) {
  EXPECT_EQ(FormatNanos(0), "0.00 ns");
  EXPECT_EQ(FormatNanos(512), "512 ns");
  EXPECT_EQ(FormatNanos(912'000), "912 µs");
  EXPECT_EQ(FormatNanos(999'499), "999 µs");
  EXPECT_EQ(FormatNanos(999'500), "1.00 ms");
  EXPECT_EQ(FormatNanos(8'512'345), "8.51 ms");
  EXPECT_EQ(FormatNanos(9'996'000), "10.0 ms");
  EXPECT_EQ(FormatNanos(1'200'000'000), "1.20 s");
  EXPECT_EQ(FormatNanos(1'234'000'000'000), "1234 s");
}

TEST(FormatCount, LeavesOutZerosThatSayNothing) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(512), "512");
  EXPECT_EQ(FormatCount(3'504'872), "3.5 M");
  EXPECT_EQ(FormatCount(300'000'000), "300 M");
  EXPECT_EQ(FormatCount(1'820'000'000), "1.82 G");
  EXPECT_EQ(FormatCount(11'689'512), "11.7 M");
  EXPECT_EQ(FormatCount(999'999), "1 M");
}

TEST(Quantities, ShowNoMoreDigitsThanTheirIntervalSupports) {
  EXPECT_EQ(FormatNanos(8.514e6, 0.10e6), "8.5 ms");
  EXPECT_EQ(FormatNanos(8.514e6, 0.04e6), "8.51 ms");
  EXPECT_EQ(FormatNanos(8.514e6, 0.0001e6), "8.51 ms") << "three at most";
  EXPECT_EQ(FormatNanos(2.73e6, 0.90e6), "2.7 ms");
  EXPECT_EQ(FormatNanos(2.73e6, 1.2e6), "2.7 ms");
  EXPECT_EQ(FormatNanos(2.73e6, 50e6), "2.7 ms") << "two at least";
  EXPECT_EQ(FormatNanos(586.4e3, 2.3e3), "586 µs");
  EXPECT_EQ(FormatNanos(586.4e3, 58e3), "590 µs");
  EXPECT_EQ(FormatNanos(999.6e3, 23e3), "1.0 ms") << "the unit is chosen after rounding";
  EXPECT_EQ(FormatNanos(12.9e6, 1.16e6), "13 ms");
  EXPECT_EQ(FormatNanos(100e6, 33e6), "100 ms");
  EXPECT_EQ(FormatNanos(8.514e6, 0), "8.51 ms") << "no interval";
  EXPECT_EQ(FormatNanos(0, 5), "0.00 ns");
  EXPECT_EQ(FormatJoules(0.0801, 0.002), "80 mJ");
  EXPECT_EQ(SupportedDigits(2.61, 0.115), 2);
}

}  // namespace
}  // namespace edgebench
