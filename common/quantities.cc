#include "common/quantities.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace edgebench {
namespace {

struct Unit {
  const char* name;
  double factor;
};

constexpr Unit kByteUnits[] = {
    {"", 1},
    {"b", 1},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"kib", 1024.0},
    {"mib", 1048576.0},
    {"gib", 1073741824.0},
    {"tib", 1099511627776.0},
};

constexpr Unit kSecondUnits[] = {
    {"", 1}, {"s", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"min", 60}, {"m", 60}, {"h", 3600},
};

struct NumberAndUnit {
  double number = 0;
  std::string unit;  // lower case, "" when there is none
};

// "1.5 GB" is 1.5 and "gb". Neither signs nor exponents: "1e9" has the unit "e9".
std::optional<NumberAndUnit> Split(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  size_t end = 0;
  while (end < text.size() && (absl::ascii_isdigit(text[end]) || text[end] == '.')) ++end;
  NumberAndUnit split;
  if (end == 0 || !absl::SimpleAtod(text.substr(0, end), &split.number)) return std::nullopt;
  split.unit = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text.substr(end)));
  return split;
}

template <size_t kSize>
std::optional<double> ParseWithUnit(absl::string_view text, const Unit (&units)[kSize]) {
  const std::optional<NumberAndUnit> split = Split(text);
  if (!split) return std::nullopt;
  for (const Unit& unit : units) {
    if (split->unit == unit.name) return split->number * unit.factor;
  }
  return std::nullopt;
}

absl::Status Expected(absl::string_view text, absl::string_view what, absl::string_view example) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no ", what, "; write it like ", example));
}

// Three significant digits of a number in [0, 1000).
std::string ThreeDigits(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f", decimals, value);
}

// Picks the first unit in which the rounded number stays below 1000, the last
// unit otherwise.
template <size_t kSize, typename Digits>
std::string Scaled(double value, const Unit (&units)[kSize], Digits digits) {
  const double sign = value < 0 ? -1 : 1;
  value = std::fabs(value);
  size_t chosen = 0;
  while (chosen + 1 < kSize && value / units[chosen].factor >= 999.5) ++chosen;
  return absl::StrCat(sign < 0 ? "-" : "", digits(value / units[chosen].factor),
                      units[chosen].name);
}

std::string WithoutTrailingZeros(double value) {
  std::string digits = ThreeDigits(value);
  if (!absl::StrContains(digits, ".")) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace

absl::StatusOr<int64_t> ParseBytes(absl::string_view text) {
  const std::optional<double> bytes = ParseWithUnit(text, kByteUnits);
  constexpr double kLimit = static_cast<double>(std::numeric_limits<int64_t>::max());
  if (!bytes || !(*bytes < kLimit)) return Expected(text, "size", "512, 64KB, 1.5GB or 4GiB");
  return static_cast<int64_t>(std::llround(*bytes));
}

absl::StatusOr<int64_t> ParseBytesOrPercent(absl::string_view text, int64_t whole) {
  const std::optional<NumberAndUnit> split = Split(text);
  if (!split || split->unit != "%") {
    absl::StatusOr<int64_t> bytes = ParseBytes(text);
    if (!bytes.ok()) return Expected(text, "size", "80%, 512MB or 4GiB");
    return bytes;
  }
  if (split->number > 100) return Expected(text, "share of the whole", "80% (at most 100%)");
  return static_cast<int64_t>(std::llround(split->number / 100 * static_cast<double>(whole)));
}

absl::StatusOr<double> ParseFraction(absl::string_view text) {
  const std::optional<NumberAndUnit> split = Split(text);
  const bool percent = split && split->unit == "%";
  if (!split || !(percent || split->unit.empty())) return Expected(text, "fraction", "3% or 0.03");
  const double fraction = percent ? split->number / 100 : split->number;
  if (!(fraction > 0 && fraction <= 1)) {
    return Expected(text, "fraction above 0 and up to 1", "3% or 0.03");
  }
  return fraction;
}

absl::StatusOr<absl::Duration> ParseSeconds(absl::string_view text) {
  const std::optional<double> seconds = ParseWithUnit(text, kSecondUnits);
  // A hundred years: beyond it a mistake, and arithmetic on it stays safe.
  constexpr double kLimit = 100.0 * 365 * 24 * 3600;
  if (!seconds || !(*seconds > 0) || !(*seconds <= kLimit)) {
    return Expected(text, "positive duration", "10, 10s, 250ms, 2min or 1h");
  }
  const absl::Duration duration = absl::Seconds(*seconds);
  if (duration <= absl::ZeroDuration()) {
    return Expected(text, "positive duration", "10, 10s, 250ms, 2min or 1h");
  }
  return duration;
}

std::string FormatBytes(int64_t bytes) {
  static constexpr Unit kUnits[] = {{" kB", 1e3}, {" MB", 1e6}, {" GB", 1e9}, {" TB", 1e12}};
  if (bytes > -1000 && bytes < 1000) return absl::StrCat(bytes, " B");
  return Scaled(static_cast<double>(bytes), kUnits, ThreeDigits);
}

int SupportedDigits(double value, double half_width) {
  constexpr int kMost = 3;
  const bool exact = !(half_width > 0);
  if (exact || !std::isfinite(half_width) || value == 0 || !std::isfinite(value)) return kMost;
  const double digits =
      std::floor(std::log10(std::fabs(value))) - std::floor(std::log10(half_width)) + 1;
  constexpr int kFewest = 2;
  return static_cast<int>(
      std::clamp(digits, static_cast<double>(kFewest), static_cast<double>(kMost)));
}

namespace {

constexpr Unit kTimes[] = {{" ns", 1}, {" µs", 1e3}, {" ms", 1e6}, {" s", 1e9}};
constexpr Unit kEnergies[] = {{" nJ", 1e-9}, {" µJ", 1e-6}, {" mJ", 1e-3}, {" J", 1}, {" kJ", 1e3}};

// Rounded before its unit is chosen: 999.6 µs in one digit are 1 ms.
double RoundedTo(int digits, double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::fabs(value))) - digits + 1);
  return std::round(value / unit) * unit;
}

template <size_t kSize>
std::string Supported(double value, double half_width, const Unit (&units)[kSize]) {
  const int digits = SupportedDigits(value, half_width);
  return Scaled(RoundedTo(digits, value), units, [digits](double scaled) {
    const double magnitude = scaled > 0 ? std::floor(std::log10(scaled) + 1e-9) : 0;
    return absl::StrFormat("%.*f", std::max(0, digits - 1 - static_cast<int>(magnitude)), scaled);
  });
}

}  // namespace

std::string FormatNanos(double nanos) { return Scaled(nanos, kTimes, ThreeDigits); }

std::string FormatNanos(double nanos, double half_width) {
  return Supported(nanos, half_width, kTimes);
}

std::string FormatJoules(double joules) { return Scaled(joules, kEnergies, ThreeDigits); }

std::string FormatJoules(double joules, double half_width) {
  return Supported(joules, half_width, kEnergies);
}

std::string FormatCount(int64_t count) {
  static constexpr Unit kUnits[] = {{"", 1}, {" k", 1e3}, {" M", 1e6}, {" G", 1e9}, {" T", 1e12}};
  return Scaled(static_cast<double>(count), kUnits, WithoutTrailingZeros);
}

}  // namespace edgebench
