#pragma once

#include <string>
#include <vector>

#include "controller/report/svg/axis.h"
#include "controller/report/svg/canvas.h"

namespace edgebench::controller::plot {

// What all figures have around their data.

inline constexpr double kFigureWidth = 760;

struct LegendEntry {
  std::string name;
  Look look;
  bool line = false, marker = true;
};

// The rectangle that data is drawn in.
struct Area {
  double left = 0, top = 0, right = 0, bottom = 0;
};

// Draws entries from left to right, in as many lines as it takes. Returns the bottom.
double DrawLegend(Canvas& canvas, const std::vector<LegendEntry>& entries, double left, double top,
                  double right);

// Grid, marks, their labels and the titles of the axes. Labels that would touch the one before
// are left out. Bars have no vertical axis: nullptr.
void DrawAxes(Canvas& canvas, const Area& area, const Axis& x, const Axis* y);

// How far left of the area the labels of an axis and its title reach.
double SpaceLeftOf(const Axis& y);

// Below the area: labels and title.
inline constexpr double kSpaceBelow = 42;

// An interval with its ends, cut at the ends of the axis: an arrow then.
void DrawVerticalInterval(Canvas& canvas, const Area& area, const Axis& y, double x, double low,
                          double high, const char* color);
void DrawHorizontalInterval(Canvas& canvas, const Area& area, const Axis& x, double y, double low,
                            double high, const char* color);

}  // namespace edgebench::controller::plot
