#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/report/svg/axis.h"
#include "controller/report/svg/canvas.h"

namespace edgebench::controller::plot {

// Horizontal bars in groups: names of any length stand beside them.

struct Bar {
  size_t series = 0;  // index of BarFigure::series
  double value = 0;
  std::optional<double> low = {}, high = {};
  bool doubtful = false;  // pale
  std::string label;      // behind it: "2.46×"
};

struct BarGroup {
  std::string name;
  std::vector<Bar> bars;
};

struct BarSeries {
  std::string name;
  Look look;
};

struct BarFigure {
  std::string title, description;
  AxisSpec axis;
  std::vector<BarSeries> series;
  std::vector<BarGroup> groups;
  std::optional<double> reference = {};  // a line across all: 1 of speed-ups
};

// A file of SVG. Bars begin at 0; values that are not finite are not drawn.
std::string Draw(const BarFigure& figure);

}  // namespace edgebench::controller::plot
