#include "controller/report/svg/bar_figure.h"

#include <algorithm>
#include <cmath>

#include "controller/report/svg/frame.h"

namespace edgebench::controller::plot {
namespace {

constexpr double kOuter = 10;
constexpr double kBarHeight = 13, kBarGap = 3, kGroupGap = 10;
constexpr double kLabelSize = 11, kNameSize = 12;
constexpr double kMostForNames = 260;
constexpr double kPixelsPerTick = 60;
// As in xy_figure.cc.
constexpr double kMostForIntervals = 1.5;

using Anchor = Canvas::Anchor;

double HeightOf(const BarGroup& group) {
  return static_cast<double>(group.bars.size()) * (kBarHeight + kBarGap) + kGroupGap;
}

std::vector<double> ValuesOf(const BarFigure& figure) {
  std::vector<double> values;
  if (figure.reference) values.push_back(*figure.reference);
  for (const BarGroup& group : figure.groups)
    for (const Bar& bar : group.bars) values.push_back(bar.value);
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  for (const BarGroup& group : figure.groups) {
    for (const Bar& bar : group.bars)
      if (bar.high && *bar.high <= most * kMostForIntervals) values.push_back(*bar.high);
  }
  return values;
}

double WidestLabel(const BarFigure& figure) {
  double widest = 0;
  for (const BarGroup& group : figure.groups)
    for (const Bar& bar : group.bars) widest = std::max(widest, TextWidth(bar.label, kLabelSize));
  return widest;
}

double WidestName(const BarFigure& figure) {
  double widest = 0;
  for (const BarGroup& group : figure.groups)
    widest = std::max(widest, TextWidth(group.name, kNameSize));
  return std::min(widest, kMostForNames);
}

void DrawBar(Canvas& canvas, const BarFigure& figure, const Bar& bar, const Area& area,
             const Axis& x, double top) {
  if (!std::isfinite(bar.value) || bar.series >= figure.series.size()) return;
  const double zero = x.At(0), end = x.At(bar.value), middle = top + kBarHeight / 2;
  const char* const color = Canvas::ColorOf(figure.series[bar.series].look);
  canvas.Rectangle(std::min(zero, end), top, std::fabs(end - zero), kBarHeight, color,
                   bar.doubtful ? 0.3 : 0.85, color);
  double reach = std::max(zero, end);
  if (bar.low && bar.high) {
    DrawHorizontalInterval(canvas, area, x, middle, *bar.low, *bar.high, "#000000");
    reach = std::max(reach, std::min(x.At(*bar.high), area.right));
  }
  Canvas::TextStyle style;
  style.size = kLabelSize;
  style.halo = true;
  canvas.Text(reach + 6, middle + 4, bar.label, style);
}

std::vector<LegendEntry> LegendOf(const BarFigure& figure) {
  std::vector<LegendEntry> legend;
  for (const BarSeries& series : figure.series) {
    Look square = series.look;
    square.marker = 1;
    legend.push_back({series.name, square, false, true});
  }
  return legend;
}

}  // namespace

std::string Draw(const BarFigure& figure) {
  Canvas canvas(figure.title, figure.description);
  const double legend_bottom =
      DrawLegend(canvas, LegendOf(figure), kOuter + 4, kOuter, kFigureWidth - kOuter);
  const double names = WidestName(figure);
  Area area;
  area.left = kOuter + names + 10;
  area.top = legend_bottom + 8;
  area.right = kFigureWidth - kOuter - WidestLabel(figure) - 10;
  area.bottom = area.top + kGroupGap / 2;
  for (const BarGroup& group : figure.groups) area.bottom += HeightOf(group);
  AxisSpec from_zero = figure.axis;
  from_zero.from_zero = true;
  from_zero.log = false;
  const int ticks = std::max(3, static_cast<int>((area.right - area.left) / kPixelsPerTick));
  const Axis x(from_zero, ValuesOf(figure), area.left, area.right, ticks);
  DrawAxes(canvas, area, x, nullptr);
  if (figure.reference) {
    canvas.Line(x.At(*figure.reference), area.top, x.At(*figure.reference), area.bottom, "#222222",
                1.2, "4 3");
  }
  double top = area.top + kGroupGap;
  for (const BarGroup& group : figure.groups) {
    const double height = HeightOf(group) - kGroupGap - kBarGap;
    Canvas::TextStyle style;
    style.anchor = Anchor::kEnd;
    style.size = kNameSize;
    canvas.Text(area.left - 8, top + height / 2 + 4, CutText(group.name, kNameSize, names + 1),
                style);
    for (const Bar& bar : group.bars) {
      DrawBar(canvas, figure, bar, area, x, top);
      top += kBarHeight + kBarGap;
    }
    top += kGroupGap;
  }
  return canvas.Finish(kFigureWidth, area.bottom + kSpaceBelow + kOuter);
}

}  // namespace edgebench::controller::plot
