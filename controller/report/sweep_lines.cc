#include "controller/report/sweep_lines.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/report/sparkline.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr size_t kFewestValues = 3;

// An axis of a sweep: its word, its value in a cell, and the settings without it.
struct SweptAxis {
  const char* word;
  std::optional<double> (*value)(const v1::JobSettings&);
  void (*clear)(v1::JobSettings&);
};

#define EDGEBENCH_SWEPT(word, field)                                                              \
  SweptAxis {                                                                                     \
    word,                                                                                         \
        [](const v1::JobSettings& settings) {                                                     \
          return settings.has_##field() ? std::optional<double>(settings.field()) : std::nullopt; \
        },                                                                                        \
        [](v1::JobSettings& settings) { settings.clear_##field(); }                               \
  }

const SweptAxis kAxes[] = {EDGEBENCH_SWEPT("batch", batch),
                           EDGEBENCH_SWEPT("image size", image_size),
                           EDGEBENCH_SWEPT("length", seq_len), EDGEBENCH_SWEPT("frames", frames),
                           EDGEBENCH_SWEPT("threads", threads)};

#undef EDGEBENCH_SWEPT

std::string LabelOf(const CellReport& report) {
  const v1::JobSettings& settings = report.cell.settings;
  return absl::StrCat(report.device, ": ", settings.model().display_name(), " ",
                      PrecisionName(report.measurement ? PrecisionOf(report.measurement->result)
                                                       : settings.precision()));
}

std::optional<double> MedianOf(const CellReport& report) {
  return report.measurement ? report.measurement->latency.median_ns : std::nullopt;
}

// The cells of one line, by their value of the axis.
struct Line {
  std::string label;
  std::map<double, std::optional<double>> medians;
};

// In the order of the cells.
std::vector<Line> LinesAlong(const SweptAxis& axis, const std::vector<CellReport>& reports) {
  std::vector<Line> lines;
  std::map<std::string, size_t> places;
  for (const CellReport& report : reports) {
    const std::optional<double> value = axis.value(report.cell.settings);
    if (!value) continue;
    v1::JobSettings rest = report.cell.settings;
    axis.clear(rest);
    const auto [place, is_new] =
        places.emplace(report.device + rest.SerializeAsString(), lines.size());
    if (is_new) lines.push_back({LabelOf(report), {}});
    lines[place->second].medians[*value] = MedianOf(report);
  }
  return lines;
}

std::string RangeText(const std::vector<std::optional<double>>& medians) {
  std::vector<double> known;
  for (const std::optional<double>& median : medians)
    if (median) known.push_back(*median);
  if (known.empty()) return "no figures";
  return absl::StrCat(FormatNanos(known.front()), " to ", FormatNanos(known.back()));
}

}  // namespace

std::string RenderSweepLines(const std::vector<CellReport>& reports) {
  std::string text;
  for (const SweptAxis& axis : kAxes) {
    std::vector<Line> lines = LinesAlong(axis, reports);
    std::set<double> values;
    int widest = 0;
    for (const Line& line : lines) {
      for (const auto& [value, median] : line.medians) values.insert(value);
      widest = std::max(widest, DisplayWidth(line.label));
    }
    if (values.size() < kFewestValues) continue;
    absl::StrAppend(&text, "\nalong ", axis.word, " ", absl::StrJoin(values, ", "), "\n");
    for (const Line& line : lines) {
      if (line.medians.size() < kFewestValues) continue;
      std::vector<std::optional<double>> medians;
      for (const auto& [value, median] : line.medians) medians.push_back(median);
      const int gap = widest - DisplayWidth(line.label) + 2;
      absl::StrAppend(&text, "  ", Printable(line.label),
                      std::string(static_cast<size_t>(gap), ' '), Sparkline(medians), "  ",
                      RangeText(medians), "\n");
    }
  }
  return text;
}

}  // namespace edgebench::controller
