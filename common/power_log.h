#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/power_trace.h"

namespace edgebench {

// Power that another program has logged, with the times of the calendar.
struct PowerLog {
  struct Entry {
    absl::Time time;
    double watts = 0;
  };
  std::string column;  // where the figures are from: "Power TOT"
  std::vector<Entry> entries;
  int rows_left_out = 0;  // without a time or a figure, such as a last one that was cut off
  std::vector<std::string> notes;
};

// Reads comma-separated values with a line of names, of which two are used:
//   time   "2023-05-01 12:34:56.789012" in `zone` (Python's str(datetime)), the same with an
//          offset or Z (RFC 3339), or seconds since 1970
//   power  "Power TOT" or, of older ones, "power cur": jtop's, in mW (jetson-stats,
//          examples/jtop_logger.py and jtop/jtop.py, `stats`); or "watts", in W
//   INVALID_ARGUMENT  no such columns, or no row with both; names what was found
absl::StatusOr<PowerLog> ParsePowerLog(absl::string_view csv, absl::TimeZone zone);

// The mean power over one report of `powertop --csv`, whose time is that of its file.
struct PowertopReport {
  std::string column;
  double watts = 0;
};
// "The battery reports a discharge rate of: 7.10 W;", else "The system baseline power is
// estimated at: 5.43 W;" (powertop, src/process/do_process.cpp).
//   INVALID_ARGUMENT  it has neither
absl::StatusOr<PowertopReport> ParsePowertopReport(absl::string_view csv);

// When the report began that powertop called NAME-20230501-123456.csv, which it does when it
// makes several (--iteration). INVALID_ARGUMENT for another name.
absl::StatusOr<absl::Time> TimeOfPowertopFile(absl::string_view name, absl::TimeZone zone);

// Reports of one run, each with the time at which it began, in order. A report's power is
// said of its middle; the last one is taken to be as long as the one before it.
//   INVALID_ARGUMENT  fewer than 2, or of different columns
struct TimedPowertopReport {
  absl::Time start;
  PowertopReport report;
};
absl::StatusOr<PowerLog> JoinPowertopReports(const std::vector<TimedPowertopReport>& reports);

// The log as MeasureEnergy wants it: with times since `origin`, from which the windows are
// counted as well. `name` becomes "csv:name".
PowerTrace TraceOf(const PowerLog& log, absl::string_view name, absl::Time origin);

}  // namespace edgebench
