#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/looks.h"
#include "controller/report/markdown/text.h"
#include "controller/report/svg/xy_figure.h"

namespace edgebench::controller {
namespace {

constexpr size_t kMostPanels = 9;

plot::XyPoint At(double x, double y) {
  plot::XyPoint point;
  point.x = x;
  point.y = y;
  return point;
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
