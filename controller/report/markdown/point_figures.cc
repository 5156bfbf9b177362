#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/looks.h"
#include "controller/report/markdown/matrix.h"
#include "controller/report/markdown/text.h"
#include "controller/report/report_summary.h"
#include "controller/report/svg/xy_figure.h"

namespace edgebench::controller {
namespace {

constexpr size_t kMostPanels = 9;
constexpr size_t kFewestPoints = 3;  // fewer are seen in the table
constexpr double kWideSpread = 8;

struct TradeOff {
  std::string model;
  const ReportEntry* entry = nullptr;
  double latency = 0, size = 0;
};

std::vector<TradeOff> TradeOffsOf(const ReportData& report, const std::vector<ReportGroup>& groups,
                                  const std::string& device, const std::string& kind,
                                  std::set<std::string>& settings) {
  std::vector<TradeOff> all;
  for (const ReportGroup& group : groups) {
    if (group.device != device) continue;
    for (const size_t i : group.entries) {
      const ReportEntry& entry = report.entries[i];
      const v1::JobResult& result = entry.measurement->result;
      const std::optional<double> median = DrawnMedian(entry);
      if (KindOfInput(result.settings()) != kind || !median) continue;
      if (!result.model().has_model_bytes() || result.model().model_bytes() <= 0) continue;
      all.push_back(
          {group.model, &entry, *median, static_cast<double>(result.model().model_bytes())});
      settings.insert(group.setting);
    }
  }
  return all;
}

plot::XyPoint At(double x, double y) {
  plot::XyPoint point;
  point.x = x;
  point.y = y;
  return point;
}

// Those that nothing else is both as fast and as small as, by latency.
std::vector<plot::XyPoint> FrontOf(std::vector<TradeOff> all) {
  std::sort(all.begin(), all.end(), [](const TradeOff& a, const TradeOff& b) {
    return std::make_pair(a.latency, a.size) < std::make_pair(b.latency, b.size);
  });
  std::vector<plot::XyPoint> front;
  for (const TradeOff& one : all) {
    if (!front.empty() && one.size >= front.back().y) continue;
    // In steps: what lies above and right of one of them is no better than it.
    if (!front.empty()) front.push_back(At(one.latency, front.back().y));
    front.push_back(At(one.latency, one.size));
  }
  return front;
}

bool IsOn(const std::vector<plot::XyPoint>& front, const TradeOff& one) {
  return std::any_of(front.begin(), front.end(), [&one](const plot::XyPoint& point) {
    return point.x == one.latency && point.y == one.size;
  });
}

bool IsWide(double least, double most) { return least > 0 && most / least > kWideSpread; }

plot::XyPanel TradeOffPanel(const std::vector<TradeOff>& all, const Legend& legend) {
  plot::XyPanel panel;
  panel.x.title = "median latency";
  panel.x.quantity = plot::Quantity::kNanos;
  panel.x.from_zero = true;
  panel.y.title = "size of the stored model";
  panel.y.quantity = plot::Quantity::kBytes;
  panel.y.from_zero = true;
  plot::XySeries front;
  front.name = "front: nothing is both faster and smaller than the ringed";
  front.look = {6, 0, 1};
  front.markers = false;
  const std::vector<plot::XyPoint> front_points = FrontOf(all);
  front.points = front_points;
  panel.series.push_back(std::move(front));
  double fastest = all.front().latency, slowest = fastest;
  double smallest = all.front().size, largest = smallest;
  for (const TradeOff& one : all) {
    const std::string name = legend.NameOf(*one.entry);
    auto series = std::find_if(panel.series.begin(), panel.series.end(),
                               [&name](const plot::XySeries& other) { return other.name == name; });
    if (series == panel.series.end()) {
      series = panel.series.insert(panel.series.end(), plot::XySeries());
      series->name = name;
      series->look = legend.LookOfEntry(*one.entry);
      series->line = false;
    }
    plot::XyPoint point;
    point.x = one.latency;
    point.y = one.size;
    point.doubtful = IsDoubtful(*one.entry);
    point.label = one.model;
    point.ringed = IsOn(front_points, one);
    series->points.push_back(std::move(point));
    fastest = std::min(fastest, one.latency);
    slowest = std::max(slowest, one.latency);
    smallest = std::min(smallest, one.size);
    largest = std::max(largest, one.size);
  }
  panel.x.log = IsWide(fastest, slowest);
  panel.y.log = IsWide(smallest, largest);
  return panel;
}

void AddTradeOffFigure(const ReportData& report, const std::string& device, const std::string& kind,
                       std::vector<ReportFigure>& figures) {
  std::set<std::string> settings;
  const std::vector<TradeOff> all =
      TradeOffsOf(report, MainGroups(report.entries), device, kind, settings);
  if (all.size() < kFewestPoints) return;
  std::vector<size_t> drawn;
  for (const TradeOff& one : all)
    drawn.push_back(static_cast<size_t>(one.entry - report.entries.data()));
  plot::XyFigure figure;
  figure.panels.push_back(TradeOffPanel(all, Legend(report.entries, drawn)));
  figure.title = absl::StrCat("Latency and size on ", device, ", models of ", kind);
  figure.description = "Each point is a model in one precision; further down left is better.";
  std::vector<std::string> told;
  for (const std::string& setting : settings) told.push_back(MarkdownText(setting));
  figures.push_back(
      {absl::StrCat("trade-off-", device, "-", kind, ".svg"),
       absl::StrCat("latency and size of models of ", kind, " on ", MarkdownName(device),
                    told.empty() ? "" : absl::StrCat(" at ", absl::StrJoin(told, "; ")),
                    "; further down left is better."),
       plot::Draw(figure)});
}

// The roof between two intensities: memory up to the ridge, then the arithmetic.
plot::XySeries RoofLine(const std::string& name, const plot::Look& look, double flops,
                        double bandwidth, double from, double to) {
  plot::XySeries line;
  line.name = name;
  line.look = look;
  line.markers = false;
  const double ridge = flops / bandwidth;
  line.points.push_back(At(from, std::min(flops, from * bandwidth)));
  if (ridge > from && ridge < to) line.points.push_back(At(ridge, flops));
  line.points.push_back(At(to, std::min(flops, to * bandwidth)));
  return line;
}

// With a point for each operator that has all of its figures; the model itself is not among them,
// as its bytes are not those of main memory.
std::optional<plot::XyPanel> RooflinePanel(const ModelRoofline& model, const Roof& roof) {
  plot::XyPanel panel;
  std::map<v1::Precision, plot::XySeries> by_precision;
  double from = 0, to = 0;
  for (const RooflineRow& row : model.operators) {
    const RooflinePoint& point = row.point;
    if (!point.flops || !point.intensity || *point.flops <= 0 || *point.intensity <= 0) continue;
    plot::XySeries& series = by_precision[row.precision];
    series.name = absl::StrCat("operators in ", PrecisionName(row.precision));
    series.look = LookOf(row.precision);
    series.line = false;
    series.points.push_back(At(*point.intensity, *point.flops));
    from = from == 0 ? *point.intensity : std::min(from, *point.intensity);
    to = std::max(to, *point.intensity);
  }
  if (by_precision.empty() || !roof.bandwidth || *roof.bandwidth <= 0) return std::nullopt;
  const double widest = std::max(roof.fp32_flops.value_or(0), roof.int8_flops.value_or(0));
  from = std::min(from, 0.5);
  to = std::max(to, 2 * widest / *roof.bandwidth);
  if (roof.fp32_flops) {
    panel.series.push_back(
        RoofLine("roof of fp32", {0, 0, 0}, *roof.fp32_flops, *roof.bandwidth, from, to));
  }
  const bool is_int8 = std::any_of(by_precision.begin(), by_precision.end(),
                                   [](const auto& one) { return IsInt8(one.first); });
  if (roof.int8_flops && is_int8) {
    panel.series.push_back(
        RoofLine("roof of int8", {1, 0, 1}, *roof.int8_flops, *roof.bandwidth, from, to));
  }
  for (auto& [precision, series] : by_precision) panel.series.push_back(std::move(series));
  const v1::JobResult& result = model.profile->result;
  panel.title =
      absl::StrCat(ModelText(result.settings()), ", ", PrecisionName(PrecisionOf(result)));
  panel.x.title = "intensity (FLOP/byte)";
  panel.x.log = panel.y.log = true;
  panel.y.title = "attained";
  panel.y.quantity = plot::Quantity::kPerSecond;
  return panel;
}

ReportFigure RooflineFigure(std::vector<plot::XyPanel> panels, const std::string& device,
                            const std::string& suffix) {
  plot::XyFigure figure;
  figure.title = absl::StrCat("Roofline of ", device);
  figure.description = "Operators by FLOP per byte and FLOP per second, below what the device can.";
  figure.panels = std::move(panels);
  return {absl::StrCat("roofline-", device, suffix, ".svg"),
          absl::StrCat("operators of profiled models under the roofs that were measured on ",
                       MarkdownName(device), "; above one where their data comes from the caches."),
          plot::Draw(figure)};
}

}  // namespace

void AddTradeOffFigures(const ReportData& report, std::vector<ReportFigure>& figures) {
  std::vector<std::string> devices;
  for (const ReportEntry& entry : report.entries) {
    const std::string& device = entry.measurement->device;
    if (std::find(devices.begin(), devices.end(), device) == devices.end())
      devices.push_back(device);
  }
  for (const std::string& device : devices) {
    for (const char* kind : {"images", "sequences", "speech", "others"})
      AddTradeOffFigure(report, device, kind, figures);
  }
}

void AddRooflineFigures(const ReportData& report, std::vector<ReportFigure>& figures) {
  std::map<std::string, int> of_device;
  for (const ReportData::Roofline& roofline : report.rooflines) {
    std::vector<plot::XyPanel> panels;
    for (const ModelRoofline& model : roofline.models) {
      const Roof roof = RoofOf(roofline.peaks->result.peaks(), model.profile->result.threads());
      if (auto panel = RooflinePanel(model, roof)) panels.push_back(*std::move(panel));
    }
    for (size_t first = 0; first < panels.size(); first += kMostPanels) {
      const auto begin = panels.begin() + static_cast<std::ptrdiff_t>(first);
      const size_t count = std::min(kMostPanels, panels.size() - first);
      const int number = ++of_device[roofline.peaks->device];
      figures.push_back(RooflineFigure({begin, begin + static_cast<std::ptrdiff_t>(count)},
                                       roofline.peaks->device,
                                       number == 1 ? "" : absl::StrCat("-", number)));
    }
  }
}

}  // namespace edgebench::controller
