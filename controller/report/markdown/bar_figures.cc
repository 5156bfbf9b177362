#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/quantities.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/looks.h"
#include "controller/report/markdown/matrix.h"
#include "controller/report/markdown/text.h"
#include "controller/report/report_summary.h"
#include "controller/report/svg/bar_figure.h"

namespace edgebench::controller {
namespace {

// Of bars in one figure; more are left to the tables.
constexpr size_t kMostGroups = 24;

size_t SeriesFor(const std::string& name, plot::Look look, plot::BarFigure& figure) {
  for (size_t i = 0; i < figure.series.size(); ++i)
    if (figure.series[i].name == name) return i;
  figure.series.push_back({name, look});
  return figure.series.size() - 1;
}

size_t SeriesFor(const ReportEntry& entry, plot::BarFigure& figure) {
  return SeriesFor(PrecisionLabel(entry), LookOf(PrecisionOf(entry.measurement->result)), figure);
}

// Colours are of precisions; a second engine of one takes the next that is free.
void MakeColorsDiffer(plot::BarFigure& figure) {
  std::vector<int> used;
  for (plot::BarSeries& series : figure.series) {
    while (used.size() < 7 && std::count(used.begin(), used.end(), series.look.color % 7) > 0)
      ++series.look.color;
    used.push_back(series.look.color % 7);
  }
}

std::string LeftOut(size_t groups) {
  return groups <= kMostGroups ? ""
                               : absl::StrCat(" Of ", groups, " models the first ", kMostGroups,
                                              "; the tables have all.");
}

plot::BarGroup SpeedUpsOf(const ReportData& report, const ReportGroup& group,
                          plot::BarFigure& figure) {
  plot::BarGroup bars;
  bars.name = group.model;
  for (const size_t i : group.entries) {
    const ReportEntry& entry = report.entries[i];
    if (!entry.speed_up) continue;
    plot::Bar bar;
    bar.series = SeriesFor(entry, figure);
    bar.value = entry.speed_up->ratio;
    bar.low = entry.speed_up->low;
    bar.high = entry.speed_up->high;
    bar.doubtful = !entry.speed_up->trusted();
    bar.label = absl::StrFormat("%.2f×", bar.value);
    bars.bars.push_back(std::move(bar));
  }
  return bars;
}

void AddSpeedUps(const ReportData& report, const std::vector<ReportGroup>& groups,
                 const std::string& device, std::vector<ReportFigure>& figures) {
  plot::BarFigure figure;
  std::vector<std::string> settings;
  size_t count = 0;
  for (const ReportGroup& group : groups) {
    if (group.device != device) continue;
    plot::BarGroup bars = SpeedUpsOf(report, group, figure);
    if (bars.bars.empty() || ++count > kMostGroups) continue;
    if (std::find(settings.begin(), settings.end(), group.setting) == settings.end())
      settings.push_back(group.setting);
    figure.groups.push_back(std::move(bars));
  }
  if (figure.groups.empty()) return;
  MakeColorsDiffer(figure);
  figure.title = absl::StrCat("Speed-up over fp32 on ", device);
  figure.description = "Bars with confidence intervals; the dashed line is fp32.";
  figure.axis.title = "times as fast as fp32";
  figure.reference = 1;
  std::vector<std::string> told;
  for (const std::string& setting : settings) told.push_back(MarkdownText(setting));
  figures.push_back(
      {absl::StrCat("speed-up-", device, ".svg"),
       absl::StrCat("speed-up over fp32 on ", MarkdownName(device), " (", absl::StrJoin(told, "; "),
                    "), with intervals that hold together with 95 % ",
                    "confidence. Pale: in doubt.", LeftOut(count)),
       plot::Draw(figure)});
}

plot::Bar SizeBar(size_t series, int64_t bytes) {
  plot::Bar bar;
  bar.series = series;
  bar.value = static_cast<double>(bytes);
  bar.label = FormatBytes(bytes);
  return bar;
}

plot::BarGroup SizesOf(const ReportData& report, const std::string& model,
                       plot::BarFigure& figure) {
  plot::BarGroup bars;
  bars.name = model;
  std::map<size_t, bool> told;
  for (const ReportEntry& entry : report.entries) {
    const v1::JobResult& result = entry.measurement->result;
    const v1::ModelFacts& facts = result.model();
    if (ModelText(result.settings()) != model || !facts.has_model_bytes()) continue;
    if (facts.has_fp32_model_bytes() && facts.fp32_model_bytes() > 0) {
      const size_t fp32 = SeriesFor("fp32", LookOf(v1::PRECISION_FP32), figure);
      if (!std::exchange(told[fp32], true))
        bars.bars.push_back(SizeBar(fp32, facts.fp32_model_bytes()));
    }
    const size_t series = SeriesFor(entry, figure);
    if (!std::exchange(told[series], true))
      bars.bars.push_back(SizeBar(series, facts.model_bytes()));
  }
  std::stable_sort(bars.bars.begin(), bars.bars.end(),
                   [](const plot::Bar& a, const plot::Bar& b) { return a.series < b.series; });
  return bars;
}

void AddSizes(const ReportData& report, std::vector<ReportFigure>& figures) {
  plot::BarFigure figure;
  size_t count = 0;
  for (const std::string& model : ModelsOf(report.entries)) {
    plot::BarGroup bars = SizesOf(report, model, figure);
    // One precision alone has nothing to stand beside.
    if (bars.bars.size() > 1 && ++count <= kMostGroups) figure.groups.push_back(std::move(bars));
  }
  if (figure.groups.empty()) return;
  MakeColorsDiffer(figure);
  figure.title = "Size of the stored models";
  figure.description = "Bars before and after quantizing.";
  figure.axis.title = "size of the stored model";
  figure.axis.quantity = plot::Quantity::kBytes;
  figures.push_back(
      {"size.svg",
       absl::StrCat("size of the stored models before and after quantizing.", LeftOut(count)),
       plot::Draw(figure)});
}

}  // namespace

void AddBarFigures(const ReportData& report, std::vector<ReportFigure>& figures) {
  const std::vector<ReportGroup> groups = MainGroups(report.entries);
  std::set<std::string> devices;
  for (const ReportGroup& group : groups) devices.insert(group.device);
  for (const std::string& device : devices) AddSpeedUps(report, groups, device, figures);
  AddSizes(report, figures);
}

}  // namespace edgebench::controller
