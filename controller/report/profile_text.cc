#include "controller/report/profile_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/input_size.h"
#include "controller/report/comparability.h"
#include "controller/report/phrases.h"
#include "controller/report/profile_figures.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr auto kRight = Table::Align::kRight;

std::vector<Table::Column> Columns() {
  return {{"operator"},
          {"kind"},
          {"precision"},
          {"calls", kRight, 4},
          {"time", kRight},
          {"share", kRight},
          {"sum", kRight, 3},
          {"GFLOP/s", kRight},
          {"GB/s", kRight},
          {"FLOP/byte", kRight, 2},
          {"output", Table::Align::kLeft, 5}};
}

std::string TimeText(int64_t nanos) { return FormatNanos(static_cast<double>(nanos)); }

std::string PrecisionText(const v1::ProfileReport::Operator& op) {
  const std::string name = PrecisionName(op.precision());
  return name.empty() ? kUnknown : name;
}

std::vector<std::string> RowOf(const v1::ProfileReport::Operator& op, double sum) {
  return {OperatorLabel(op),
          op.kind(),
          PrecisionText(op),
          absl::StrCat(op.calls()),
          TimeText(op.total_ns()),
          ShareText(op.share()),
          ShareText(sum),
          FigureText(FlopsPerNano(op)),
          FigureText(BytesPerNano(op)),
          FigureText(Intensity(op)),
          op.output_shape().empty() ? kUnknown : op.output_shape()};
}

// The operators that are not listed, as if they were one.
std::vector<std::string> RowOfRest(const v1::ProfileReport& profile, const std::vector<int>& places,
                                   size_t listed, double sum) {
  const size_t others = places.size() - listed;
  v1::ProfileReport::Operator rest;
  for (size_t i = listed; i < places.size(); ++i) {
    const v1::ProfileReport::Operator& op = profile.operators(places[i]);
    rest.set_calls(rest.calls() + op.calls());
    rest.set_total_ns(rest.total_ns() + op.total_ns());
    rest.set_share(rest.share() + op.share());
  }
  return {absl::StrCat(others, others == 1 ? " other" : " others"),
          "",
          "",
          absl::StrCat(rest.calls()),
          TimeText(rest.total_ns()),
          ShareText(rest.share()),
          ShareText(sum + rest.share()),
          "",
          "",
          "",
          ""};
}

std::string TableText(const v1::ProfileReport& profile, int top, const Table::Style& style) {
  Table table(Columns());
  const std::vector<int> places = ByShare(profile);
  const size_t listed = std::min(places.size(), static_cast<size_t>(top));
  double sum = 0;
  for (size_t i = 0; i < listed; ++i) {
    const v1::ProfileReport::Operator& op = profile.operators(places[i]);
    sum += op.share();
    table.AddRow(RowOf(op, sum));
  }
  if (listed < places.size()) table.AddRow(RowOfRest(profile, places, listed, sum));
  return table.Render(style);
}

std::string OverheadText(const db::Measurement& measurement) {
  const std::optional<ProfilerOverhead> overhead = OverheadOf(measurement);
  if (!overhead) return "";
  return absl::StrFormat(
      "inference: %s without the profiler, %s with it (%+.1f %%), medians of %d pairs\n",
      FormatNanos(overhead->plain_ns), FormatNanos(overhead->profiled_ns), 100 * overhead->relative,
      overhead->pairs);
}

std::string NotesText(const db::Measurement& measurement) {
  std::string text;
  for (const std::string& note : NotesOf(measurement))
    absl::StrAppend(&text, "note: ", Printable(note), "\n");
  return text;
}

}  // namespace

std::string ProfileTitle(const db::Measurement& measurement) {
  const v1::JobResult& result = measurement.result;
  const v1::JobSettings& settings = result.settings();
  std::vector<std::string> words = {settings.target()};
  if (const auto threads = ThreadsOf(result))
    words.push_back(absl::StrCat(*threads, *threads == 1 ? " thread" : " threads"));
  if (settings.has_batch()) words.push_back(absl::StrCat("batch ", settings.batch()));
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(settings))
      words.push_back(absl::StrCat(size.label, " ", *value));
  }
  if (!result.engine().empty()) words.push_back(absl::StrCat("engine ", result.engine()));
  return Printable(absl::StrCat(ModelText(settings), " ", PrecisionName(PrecisionOf(result)),
                                " on ", measurement.device, ": ", absl::StrJoin(words, ", ")));
}

std::string OperatorLabel(const v1::ProfileReport::Operator& op) {
  return Printable(op.name().empty() ? absl::StrCat("(", op.output_shape(), ")") : op.name());
}

std::string FigureText(std::optional<double> value) {
  if (!value) return kUnknown;
  const double magnitude = std::abs(*value);
  const int digits = magnitude < 0.995 ? 3 : magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f", digits, *value);
}

std::string ShareText(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string ProfileText(const db::Measurement& measurement, int top, const Table::Style& style) {
  const v1::ProfileReport& profile = measurement.result.profile();
  return absl::StrCat(ProfileTitle(measurement), "\n", TableText(profile, top, style),
                      "in no operator: ", ShareText(ShareOutsideOperators(profile)), "\n",
                      OverheadText(measurement), NotesText(measurement));
}

}  // namespace edgebench::controller
