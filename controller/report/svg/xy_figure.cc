#include "controller/report/svg/xy_figure.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "controller/report/svg/frame.h"

namespace edgebench::controller::plot {
namespace {

constexpr double kOuter = 10;  // around everything
constexpr double kTitleHeight = 20;
constexpr double kLabelSize = 11;
constexpr double kPixelsPerTickX = 48, kPixelsPerTickY = 34;
// An interval makes an axis at most so many times as long as the points do: beyond it is an arrow.
constexpr double kMostForIntervals = 1.5;

struct Box {
  double left, top, right, bottom;
};

bool Overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

template <typename Visit>
void ForEachPoint(const XyPanel& panel, const Visit& visit) {
  for (const XySeries& series : panel.series)
    for (const XyPoint& point : series.points) visit(point);
}

std::vector<double> ValuesOfX(const XyPanel& panel) {
  std::vector<double> values;
  ForEachPoint(panel, [&](const XyPoint& point) { values.push_back(point.x); });
  return values;
}

std::vector<double> ValuesOfY(const XyPanel& panel) {
  std::vector<double> values;
  ForEachPoint(panel, [&](const XyPoint& point) { values.push_back(point.y); });
  if (values.empty()) return values;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double bottom = *least / kMostForIntervals, top = *most * kMostForIntervals;
  ForEachPoint(panel, [&](const XyPoint& point) {
    if (point.low && *point.low >= bottom) values.push_back(*point.low);
    if (point.high && *point.high <= top) values.push_back(*point.high);
  });
  return values;
}

class PanelDrawing {
 public:
  PanelDrawing(Canvas& canvas, const XyPanel& panel, const Area& area, const Axis& x, const Axis& y)
      : canvas_(canvas), panel_(panel), area_(area), x_(x), y_(y) {}

  void Draw() {
    DrawAxes(canvas_, area_, x_, &y_);
    // Markers of all series lie above the lines of all.
    for (const XySeries& series : panel_.series) DrawLines(series);
    for (const XySeries& series : panel_.series) DrawMarkers(series);
    for (const XySeries& series : panel_.series) DrawLabels(series);
  }

 private:
  bool Shows(const XyPoint& point) const { return x_.Shows(point.x) && y_.Shows(point.y); }

  void DrawLines(const XySeries& series) {
    std::vector<std::pair<double, double>> at;
    for (const XyPoint& point : series.points)
      if (Shows(point)) at.emplace_back(x_.At(point.x), y_.At(point.y));
    if (series.line) canvas_.Polyline(at, series.look);
  }

  void DrawMarkers(const XySeries& series) {
    if (!series.markers) return;
    for (const XyPoint& point : series.points) {
      if (!Shows(point)) continue;
      const double x = x_.At(point.x), y = y_.At(point.y);
      if (point.low && point.high) {
        DrawVerticalInterval(canvas_, area_, y_, x, *point.low, *point.high,
                             Canvas::ColorOf(series.look));
      }
      if (point.ringed) canvas_.Ring(x, y);
      canvas_.Marker(x, y, series.look, point.doubtful);
      const double reach = point.ringed ? 10 : 6;
      taken_.push_back({x - reach, y - reach, x + reach, y + reach});
    }
  }

  void DrawLabels(const XySeries& series) {
    for (const XyPoint& point : series.points)
      if (!point.label.empty() && Shows(point)) DrawLabel(point);
  }

  // Where it covers nothing, near to its point; nowhere if there is no such place.
  void DrawLabel(const XyPoint& point) {
    const std::string text = CutText(point.label, kLabelSize, (area_.right - area_.left) / 2);
    const double width = TextWidth(text, kLabelSize), x = x_.At(point.x), y = y_.At(point.y);
    for (const double distance : {8.0, 12.0, 18.0, 28.0, 40.0}) {
      for (const auto& [dx, dy] :
           {std::make_pair(1, 0), std::make_pair(-1, 0), std::make_pair(1, -1),
            std::make_pair(-1, -1), std::make_pair(1, 1), std::make_pair(-1, 1)}) {
        const double left = dx > 0 ? x + distance : x - distance - width;
        const double middle = y + dy * distance;
        const Box box = {left, middle - 7, left + width, middle + 7};
        if (!IsFree(box)) continue;
        if (distance > 18)
          canvas_.Line(x, y, dx > 0 ? box.left - 2 : box.right + 2, middle, "#999999", 0.7);
        Canvas::TextStyle style;
        style.size = kLabelSize;
        style.halo = true;
        canvas_.Text(left, middle + 4, text, style);
        taken_.push_back(box);
        return;
      }
    }
  }

  bool IsFree(const Box& box) const {
    if (box.left < area_.left + 2 || box.right > area_.right + 4 || box.top < area_.top ||
        box.bottom > area_.bottom)
      return false;
    return std::none_of(taken_.begin(), taken_.end(),
                        [&](const Box& other) { return Overlap(box, other); });
  }

  Canvas& canvas_;
  const XyPanel& panel_;
  const Area area_;
  const Axis& x_;
  const Axis& y_;
  std::vector<Box> taken_;
};

Axis YAxisOf(const XyPanel& panel, double bottom, double top) {
  return {panel.y, ValuesOfY(panel), bottom, top,
          std::max(3, static_cast<int>((bottom - top) / kPixelsPerTickY))};
}

void DrawPanel(Canvas& canvas, const XyPanel& panel, const Area& cell, double space_left) {
  Area area = cell;
  area.top += panel.title.empty() ? 6 : kTitleHeight;
  area.bottom -= kSpaceBelow;
  area.left += space_left;
  area.right -= 12;
  const Axis y = YAxisOf(panel, area.bottom, area.top);
  const double width = area.right - area.left;
  const Axis x(panel.x, ValuesOfX(panel), area.left, area.right,
               std::max(3, static_cast<int>(width / kPixelsPerTickX)));
  if (!panel.title.empty()) {
    Canvas::TextStyle style;
    style.size = 13;
    style.bold = true;
    canvas.Text(area.left, cell.top + 13, CutText(panel.title, 13.8, width), style);
  }
  PanelDrawing(canvas, panel, area, x, y).Draw();
}

std::vector<LegendEntry> LegendOf(const XyFigure& figure) {
  std::vector<LegendEntry> legend;
  for (const XyPanel& panel : figure.panels) {
    for (const XySeries& series : panel.series) {
      const bool told = std::any_of(legend.begin(), legend.end(), [&](const LegendEntry& entry) {
        return entry.name == series.name;
      });
      if (!told && !series.name.empty())
        legend.push_back({series.name, series.look, series.line, series.markers});
    }
  }
  return legend;
}

size_t ColumnsFor(size_t panels) { return panels <= 1 ? 1 : panels <= 4 ? 2 : 3; }

double HeightFor(size_t columns) { return columns == 1 ? 380 : columns == 2 ? 290 : 230; }

}  // namespace

std::string Draw(const XyFigure& figure) {
  Canvas canvas(figure.title, figure.description);
  const double legend_bottom =
      DrawLegend(canvas, LegendOf(figure), kOuter + 4, kOuter, kFigureWidth - kOuter);
  const size_t columns = ColumnsFor(figure.panels.size());
  const double width = (kFigureWidth - 2 * kOuter) / static_cast<double>(columns);
  const double height = HeightFor(columns);
  // The same for all, so that the panels are aligned.
  double space_left = 0;
  for (const XyPanel& panel : figure.panels)
    space_left = std::max(space_left, SpaceLeftOf(YAxisOf(panel, height - kSpaceBelow, 20)));
  double bottom = legend_bottom;
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const double left = kOuter + width * static_cast<double>(i % columns);
    const size_t row = i / columns;
    const double top = legend_bottom + 8 + (height + 8) * static_cast<double>(row);
    DrawPanel(canvas, figure.panels[i], {left, top, left + width, top + height}, space_left);
    bottom = top + height;
  }
  return canvas.Finish(kFigureWidth, bottom + kOuter);
}

}  // namespace edgebench::controller::plot
