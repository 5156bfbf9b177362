#include "controller/report/svg/frame.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace edgebench::controller::plot {
namespace {

constexpr double kLabelSize = 11;
constexpr double kTitleSize = 12;
constexpr double kLegendSize = 12;
constexpr double kLegendLine = 20;
constexpr double kSampleWidth = 30;  // of the line before a name
constexpr double kMarkerWidth = 12;
constexpr double kCap = 3;  // half the width of the end of an interval
constexpr char kGrid[] = "#e4e4e4";
constexpr char kAxis[] = "#555555";

using Anchor = Canvas::Anchor;

Canvas::TextStyle Style(double size, Anchor anchor) {
  Canvas::TextStyle style;
  style.size = size;
  style.anchor = anchor;
  return style;
}

void DrawXTicks(Canvas& canvas, const Area& area, const Axis& x) {
  double free_from = -1e9;
  for (const Tick& tick : x.ticks()) {
    canvas.Line(tick.at, area.top, tick.at, area.bottom, kGrid);
    canvas.Line(tick.at, area.bottom, tick.at, area.bottom + 4, kAxis);
    const double half = TextWidth(tick.label, kLabelSize) / 2;
    if (tick.at - half < free_from) continue;
    canvas.Text(tick.at, area.bottom + 16, tick.label, Style(kLabelSize, Anchor::kMiddle));
    free_from = tick.at + half + 4;
  }
}

void DrawYTicks(Canvas& canvas, const Area& area, const Axis& y) {
  double free_below = 1e9;
  for (const Tick& tick : y.ticks()) {
    canvas.Line(area.left, tick.at, area.right, tick.at, kGrid);
    canvas.Line(area.left - 4, tick.at, area.left, tick.at, kAxis);
    if (tick.at + kLabelSize / 2 > free_below) continue;
    canvas.Text(area.left - 7, tick.at + 4, tick.label, Style(kLabelSize, Anchor::kEnd));
    free_below = tick.at - kLabelSize / 2 - 2;
  }
}

}  // namespace

double DrawLegend(Canvas& canvas, const std::vector<LegendEntry>& entries, double left, double top,
                  double right) {
  if (entries.empty()) return top;
  double x = left, y = top + kLegendLine / 2;
  for (const LegendEntry& entry : entries) {
    const double sample = entry.line ? kSampleWidth : kMarkerWidth;
    const std::string name = CutText(entry.name, kLegendSize, (right - left) - kSampleWidth - 8);
    const double width = sample + 6 + TextWidth(name, kLegendSize) + 18;
    if (x > left && x + width - 18 > right) {
      x = left;
      y += kLegendLine;
    }
    if (entry.line) canvas.Polyline({{x, y}, {x + sample, y}}, entry.look);
    if (entry.marker) canvas.Marker(x + sample / 2, y, entry.look, false);
    canvas.Text(x + sample + 6, y + 4, name, Style(kLegendSize, Anchor::kStart));
    x += width;
  }
  return y + kLegendLine / 2;
}

void DrawAxes(Canvas& canvas, const Area& area, const Axis& x, const Axis* y) {
  DrawXTicks(canvas, area, x);
  if (y != nullptr) DrawYTicks(canvas, area, *y);
  canvas.Line(area.left, area.bottom, area.right, area.bottom, kAxis);
  canvas.Line(area.left, area.top, area.left, area.bottom, kAxis);
  const double width = area.right - area.left, height = area.bottom - area.top;
  canvas.Text((area.left + area.right) / 2, area.bottom + 34,
              CutText(x.title(), kTitleSize, width + 40), Style(kTitleSize, Anchor::kMiddle));
  if (y == nullptr || y->title().empty()) return;
  Canvas::TextStyle upwards = Style(kTitleSize, Anchor::kMiddle);
  upwards.upwards = true;
  canvas.Text(area.left - SpaceLeftOf(*y) + kTitleSize, (area.top + area.bottom) / 2,
              CutText(y->title(), kTitleSize, height + 20), upwards);
}

double SpaceLeftOf(const Axis& y) {
  double widest = 0;
  for (const Tick& tick : y.ticks()) widest = std::max(widest, TextWidth(tick.label, kLabelSize));
  return 7 + widest + (y.title().empty() ? 2 : 8 + kTitleSize);
}

void DrawVerticalInterval(Canvas& canvas, const Area& area, const Axis& y, double x, double low,
                          double high, const char* color) {
  if (!std::isfinite(low) || !std::isfinite(high)) return;
  const bool up = high > y.high(), down = low < y.low();
  const double top = up ? area.top : y.At(high), bottom = down ? area.bottom : y.At(low);
  canvas.Line(x, bottom, x, top, color, 1.2);
  for (const auto& [end, beyond, inwards] :
       {std::make_tuple(top, up, 4.0), std::make_tuple(bottom, down, -4.0)}) {
    if (beyond) {
      canvas.Line(x - kCap, end + inwards, x, end, color, 1.2);
      canvas.Line(x + kCap, end + inwards, x, end, color, 1.2);
    } else {
      canvas.Line(x - kCap, end, x + kCap, end, color, 1.2);
    }
  }
}

void DrawHorizontalInterval(Canvas& canvas, const Area& area, const Axis& x, double y, double low,
                            double high, const char* color) {
  if (!std::isfinite(low) || !std::isfinite(high)) return;
  const bool left = low<x.low(), right = high> x.high();
  const double start = left ? area.left : x.At(low), end = right ? area.right : x.At(high);
  canvas.Line(start, y, end, y, color, 1.2);
  for (const auto& [at, beyond, inwards] :
       {std::make_tuple(start, left, 4.0), std::make_tuple(end, right, -4.0)}) {
    if (beyond) {
      canvas.Line(at + inwards, y - kCap, at, y, color, 1.2);
      canvas.Line(at + inwards, y + kCap, at, y, color, 1.2);
    } else {
      canvas.Line(at, y - kCap, at, y + kCap, color, 1.2);
    }
  }
}

}  // namespace edgebench::controller::plot
