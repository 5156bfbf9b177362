#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/job_result.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/looks.h"
#include "controller/report/markdown/matrix.h"
#include "controller/report/markdown/text.h"
#include "controller/report/svg/xy_figure.h"

namespace edgebench::controller {
namespace {

constexpr size_t kMostPanels = 9;
// From which spread on an axis is logarithmic: of medians, and of what they are drawn against.
constexpr double kWideSpread = 30, kWideAxis = 7.9;

struct SweptAxis {
  const char* part;  // as SettingParts calls it
  const char* title;
  const char* file;
};
constexpr SweptAxis kAxes[] = {{"batch", "batch", "batch"},
                               {"image", "image size (pixels)", "image-size"},
                               {"length", "sequence length (tokens)", "length"},
                               {"frames", "frames (of 10 ms)", "frames"},
                               {"threads", "threads", "threads"}};

// The entries of a model that differ in nothing but device, precision and the axis.
struct Line {
  std::string setting;  // what is fixed
  int batch = 0;
  std::vector<size_t> entries;
  std::map<size_t, double> at;  // value of the axis
};

struct ModelPanel {
  std::string model;
  Line line;
};

size_t ValuesOf(const Line& line) {
  std::set<double> values;
  for (const auto& [entry, value] : line.at) values.insert(value);
  return values.size();
}

std::map<std::string, Line> LinesOf(const std::vector<ReportEntry>& entries,
                                    const std::string& model, const SweptAxis& axis) {
  std::map<std::string, Line> lines;
  for (size_t i = 0; i < entries.size(); ++i) {
    const db::Measurement& m = *entries[i].measurement;
    if (!DrawnMedian(entries[i]) || ModelText(m.result.settings()) != model) continue;
    std::optional<double> value;
    std::vector<std::string> fixed;
    for (const SettingPart& part : SettingParts(m)) {
      if (part.name == axis.part) {
        value = std::stod(part.value);
      } else {
        fixed.push_back(absl::StrCat(part.name, " ", part.value));
      }
    }
    if (!value) continue;
    Line& line = lines[absl::StrJoin(fixed, ", ")];
    line.setting = absl::StrJoin(fixed, ", ");
    line.batch = m.result.settings().batch();
    line.entries.push_back(i);
    line.at[i] = *value;
  }
  return lines;
}

// With most points, of those with two values or more; of several that of the smallest batch.
std::optional<Line> BestLine(const std::vector<ReportEntry>& entries, const std::string& model,
                             const SweptAxis& axis) {
  std::optional<Line> best;
  for (const auto& [setting, line] : LinesOf(entries, model, axis)) {
    if (ValuesOf(line) < 2) continue;
    const bool more = !best || line.entries.size() > best->entries.size();
    const bool same = best && line.entries.size() == best->entries.size();
    if (more || (same && line.batch < best->batch)) best = line;
  }
  return best;
}

plot::XyPoint PointOf(const ReportEntry& entry, double x) {
  plot::XyPoint point;
  point.x = x;
  point.y = *DrawnMedian(entry);
  if (const auto& interval = entry.measurement->latency.ci95_ns) {
    point.low = static_cast<double>(interval->low);
    point.high = static_cast<double>(interval->high);
  }
  point.doubtful = IsDoubtful(entry);
  return point;
}

plot::XyPanel PanelOf(const std::vector<ReportEntry>& entries, const ModelPanel& model,
                      const SweptAxis& axis, const Legend& legend) {
  plot::XyPanel panel;
  panel.title = model.model;
  panel.x.title = axis.title;
  panel.y.title = "median latency";
  panel.y.quantity = plot::Quantity::kNanos;
  panel.y.from_zero = true;
  std::vector<std::string> names;
  std::set<double> values;
  for (const size_t i : model.line.entries) {
    const std::string name = legend.NameOf(entries[i]);
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      found = names.insert(names.end(), name);
      plot::XySeries& series = panel.series.emplace_back();
      series.name = name;
      series.look = legend.LookOfEntry(entries[i]);
    }
    plot::XySeries& series = panel.series[static_cast<size_t>(found - names.begin())];
    series.points.push_back(PointOf(entries[i], model.line.at.at(i)));
    values.insert(model.line.at.at(i));
  }
  for (plot::XySeries& series : panel.series) {
    std::sort(series.points.begin(), series.points.end(),
              [](const plot::XyPoint& a, const plot::XyPoint& b) { return a.x < b.x; });
  }
  panel.x.only.assign(values.begin(), values.end());
  panel.x.log = *values.begin() > 0 && *values.rbegin() / *values.begin() > kWideAxis;
  return panel;
}

bool SpreadsWide(const plot::XyPanel& panel) {
  double least = 0, most = 0;
  for (const plot::XySeries& series : panel.series) {
    for (const plot::XyPoint& point : series.points) {
      least = least == 0 ? point.y : std::min(least, point.y);
      most = std::max(most, point.y);
    }
  }
  return least > 0 && most / least > kWideSpread;
}

ReportFigure FigureOf(const std::vector<ReportEntry>& entries,
                      const std::vector<ModelPanel>& models, const SweptAxis& axis,
                      const std::string& kind, const std::string& suffix) {
  std::vector<size_t> drawn;
  std::set<std::string> settings;
  std::vector<std::string> names;
  for (const ModelPanel& model : models) {
    drawn.insert(drawn.end(), model.line.entries.begin(), model.line.entries.end());
    settings.insert(model.line.setting);
    names.push_back(MarkdownName(model.model));
  }
  const Legend legend(entries, drawn);
  plot::XyFigure figure;
  for (const ModelPanel& model : models) {
    figure.panels.push_back(PanelOf(entries, model, axis, legend));
    if (settings.size() > 1)
      absl::StrAppend(&figure.panels.back().title, " (", model.line.setting, ")");
  }
  const bool log = std::any_of(figure.panels.begin(), figure.panels.end(), SpreadsWide);
  for (plot::XyPanel& panel : figure.panels) panel.y.log = log;
  figure.title = absl::StrCat("Median latency by ", axis.title, ", models of ", kind);
  figure.description = absl::StrCat("Lines with 95 % confidence intervals, one panel each for ",
                                    absl::StrJoin(names, ", "), ".");
  const std::string fixed = settings.size() == 1 && !settings.begin()->empty()
                                ? absl::StrCat(" at ", MarkdownText(*settings.begin()))
                                : "";
  return {absl::StrCat("latency-", axis.file, "-", kind, suffix, ".svg"),
          absl::StrCat("median latency of ", ListText(names), " by ", axis.title, fixed,
                       ", with 95 % confidence intervals."),
          plot::Draw(figure)};
}

}  // namespace

void AddLatencyFigures(const ReportData& report, std::vector<ReportFigure>& figures) {
  for (const SweptAxis& axis : kAxes) {
    for (const char* kind : {"images", "sequences", "speech", "others"}) {
      std::vector<ModelPanel> panels;
      std::set<std::string> told;
      for (const ReportEntry& entry : report.entries) {
        const v1::JobSettings& settings = entry.measurement->result.settings();
        const std::string model = ModelText(settings);
        if (KindOfInput(settings) != kind || !told.insert(model).second) continue;
        if (auto line = BestLine(report.entries, model, axis))
          panels.push_back({model, *std::move(line)});
      }
      for (size_t first = 0; first < panels.size(); first += kMostPanels) {
        const auto begin = panels.begin() + static_cast<std::ptrdiff_t>(first);
        const size_t count = std::min(kMostPanels, panels.size() - first);
        figures.push_back(FigureOf(report.entries,
                                   {begin, begin + static_cast<std::ptrdiff_t>(count)}, axis, kind,
                                   first == 0 ? "" : absl::StrCat("-", first / kMostPanels + 1)));
      }
    }
  }
}

std::vector<ReportFigure> FiguresOf(const ReportData& report) {
  std::vector<ReportFigure> figures;
  AddLatencyFigures(report, figures);
  AddBarFigures(report, figures);
  AddTradeOffFigures(report, figures);
  AddRooflineFigures(report, figures);
  return figures;
}

}  // namespace edgebench::controller
