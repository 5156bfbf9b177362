#include "common/power_log.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace edgebench {
namespace {

struct PowerColumn {
  const char* name;
  double watts_per_unit;
};
constexpr PowerColumn kPowerColumns[] = {{"Power TOT", 1e-3}, {"power cur", 1e-3}, {"watts", 1}};
constexpr char kTimeColumn[] = "time";
constexpr size_t kMostNamesTold = 20;

// The fields of one line, with the quotes of RFC 4180. No field goes over two lines.
std::vector<std::string> SplitFields(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::optional<absl::Time> ParseLogTime(const std::string& text, absl::TimeZone zone) {
  absl::Time time;
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S",
                             "%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S"}) {
    if (absl::ParseTime(format, text, zone, &time, nullptr)) return time;
  }
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !std::isfinite(seconds)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

std::optional<size_t> IndexOf(const std::vector<std::string>& names, absl::string_view name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (absl::StripAsciiWhitespace(names[i]) == name) return i;
  }
  return std::nullopt;
}

absl::Status NoColumns(std::vector<std::string> names) {
  const bool more = names.size() > kMostNamesTold;
  if (more) names.resize(kMostNamesTold);
  return absl::InvalidArgumentError(absl::StrCat(
      "the log needs the columns \"time\" and \"Power TOT\" (jtop, in mW) or \"watts\"; it has \"",
      absl::StrJoin(names, "\", \""), more ? "\" and more" : "\""));
}

// The power behind a label: "... rate of: 7.10 W;", "... at:  817 mW".
std::optional<double> PowerBehind(absl::string_view text, absl::string_view label) {
  const size_t at = text.find(label);
  if (at == absl::string_view::npos) return std::nullopt;
  absl::string_view rest = text.substr(at + label.size());
  rest = absl::StripLeadingAsciiWhitespace(rest.substr(0, rest.find('\n')));
  const size_t end = rest.find_first_not_of("0123456789.");
  double number = 0;
  if (end == absl::string_view::npos || !absl::SimpleAtod(rest.substr(0, end), &number)) {
    return std::nullopt;
  }
  std::string unit(rest.substr(end, rest.find(';') - end));
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  absl::StripTrailingAsciiWhitespace(&unit);
  for (const auto& [name, scale] : {std::pair{"W", 1.0}, {"mW", 1e-3}, {"uW", 1e-6}}) {
    if (unit == name) return number * scale;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<PowerLog> ParsePowerLog(absl::string_view csv, absl::TimeZone zone) {
  PowerLog log;
  std::vector<std::string> names;
  std::optional<size_t> time_at, power_at;
  double watts_per_unit = 0;
  for (absl::string_view line : absl::StrSplit(csv, '\n')) {
    line = absl::StripTrailingAsciiWhitespace(line);
    if (line.empty()) continue;
    const std::vector<std::string> fields = SplitFields(line);
    if (names.empty()) {
      names = fields;
      time_at = IndexOf(names, kTimeColumn);
      for (const PowerColumn& column : kPowerColumns) {
        if (power_at) break;
        power_at = IndexOf(names, column.name);
        log.column = column.name;
        watts_per_unit = column.watts_per_unit;
      }
      if (!time_at || !power_at) return NoColumns(std::move(names));
      continue;
    }
    double power = 0;
    std::optional<absl::Time> time;
    if (fields.size() == names.size()) time = ParseLogTime(fields[*time_at], zone);
    if (!time || !absl::SimpleAtod(fields[*power_at], &power) || !std::isfinite(power)) {
      ++log.rows_left_out;
      continue;
    }
    log.entries.push_back({*time, power * watts_per_unit});
  }
  if (log.entries.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the log has no row with a time and a power (",
                                                   log.rows_left_out, " without)"));
  }
  return log;
}

absl::StatusOr<PowertopReport> ParsePowertopReport(absl::string_view csv) {
  for (const char* column :
       {"The battery reports a discharge rate of", "The system baseline power is estimated at"}) {
    const std::optional<double> watts = PowerBehind(csv, absl::StrCat(column, ":"));
    if (watts) return PowertopReport{column, *watts};
  }
  return absl::InvalidArgumentError(
      "the report says no power: powertop tells it of devices that run on a battery, and "
      "estimates it after powertop --calibrate");
}

absl::StatusOr<absl::Time> TimeOfPowertopFile(absl::string_view name, absl::TimeZone zone) {
  constexpr size_t kStampLength = 15;  // 20230501-123456
  absl::Time time;
  absl::string_view stamp = name;
  if (absl::ConsumeSuffix(&stamp, ".csv") && stamp.size() > kStampLength) {
    stamp = stamp.substr(stamp.size() - kStampLength);
    // absl's %Y takes as many digits as there are.
    const std::string apart = absl::StrCat(stamp.substr(0, 4), " ", stamp.substr(4));
    if (absl::ParseTime("%Y %m%d-%H%M%S", apart, zone, &time, nullptr)) return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the name ", name, " does not say when the report was made, as those of ",
                   "powertop --csv=NAME.csv --iteration=N do: NAME-20230501-123456.csv"));
}

absl::StatusOr<PowerLog> JoinPowertopReports(const std::vector<TimedPowertopReport>& reports) {
  if (reports.size() < 2) {
    return absl::InvalidArgumentError("at least 2 reports of powertop are needed");
  }
  PowerLog log;
  log.column = reports.front().report.column;
  absl::Duration length;
  for (size_t i = 0; i < reports.size(); ++i) {
    if (reports[i].report.column != log.column) {
      return absl::InvalidArgumentError(
          absl::StrCat("some reports say \"", log.column, "\" and some do not"));
    }
    if (i + 1 < reports.size()) length = reports[i + 1].start - reports[i].start;
    log.entries.push_back({reports[i].start + length / 2, reports[i].report.watts});
  }
  if (absl::StrContains(log.column, "estimated")) {
    log.notes.push_back("powertop's estimate by a model of this device, not a measurement");
  }
  return log;
}

PowerTrace TraceOf(const PowerLog& log, absl::string_view name, absl::Time origin) {
  PowerTrace trace;
  trace.source = absl::StrCat("csv:", name);
  PowerRail rail;
  rail.name = log.column;
  rail.counted = true;
  trace.rails.push_back(rail);
  for (const PowerLog::Entry& entry : log.entries) {
    trace.samples.push_back({absl::ToInt64Nanoseconds(entry.time - origin), {entry.watts}});
  }
  trace.notes = log.notes;
  if (log.rows_left_out > 0) {
    trace.notes.push_back(absl::StrCat(log.rows_left_out, " rows of the log were left out"));
  }
  return trace;
}

}  // namespace edgebench
