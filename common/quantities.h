#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edgebench {

// Quantities with units, as people type and read them. All parsers answer
// INVALID_ARGUMENT with what was given and an example of what is accepted.

// "512", "64KB", "4GB" (powers of 1000), "64KiB", "4GiB" (powers of 1024).
absl::StatusOr<int64_t> ParseBytes(absl::string_view text);

// As ParseBytes, or a percentage of `whole`: "80%".
absl::StatusOr<int64_t> ParseBytesOrPercent(absl::string_view text, int64_t whole);

// "3%" and "0.03" are both 0.03. Result in (0, 1].
absl::StatusOr<double> ParseFraction(absl::string_view text);

// "10" and "10s" are ten seconds; "250ms", "2min", "1h". Positive.
absl::StatusOr<absl::Duration> ParseSeconds(absl::string_view text);

// "14.4 MB" (powers of 1000), three significant digits.
std::string FormatBytes(int64_t bytes);

// "8.51 ms", "912 µs", "1.20 s": three significant digits.
std::string FormatNanos(double nanos);

// The same with no more digits than an interval supports, whose half-width is as large as that:
// the last one is that of the half-width's first. "8.5 ms" of 8.51 ± 0.1.
std::string FormatNanos(double nanos, double half_width);

// "80.1 mJ", "912 µJ", "1.20 J": three significant digits.
std::string FormatJoules(double joules);
std::string FormatJoules(double joules, double half_width);

// 2 or 3: the significant digits of a value that its interval supports; two at least, so that a
// wide one does not round the median below the fastest sample.
int SupportedDigits(double value, double half_width);

// "3.5 M", "300 M", "1.82 G": counts such as parameters and multiply-adds.
std::string FormatCount(int64_t count);

}  // namespace edgebench
