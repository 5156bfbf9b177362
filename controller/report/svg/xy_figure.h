#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/report/svg/axis.h"
#include "controller/report/svg/canvas.h"

namespace edgebench::controller::plot {

// Points and lines over two axes: lines with intervals, scatters, roofs. Data that is not finite,
// or not above 0 on a logarithmic axis, is not drawn.

struct XyPoint {
  double x = 0, y = 0;
  std::optional<double> low = {}, high = {};  // interval of y
  bool doubtful = false;                      // hollow
  bool ringed = false;
  std::string label = {};  // beside it, where there is room
};

struct XySeries {
  std::string name;  // in the legend; "": not there
  Look look;
  bool line = true, markers = true;
  std::vector<XyPoint> points;
};

struct XyPanel {
  std::string title;  // above it; may be empty
  AxisSpec x, y;
  std::vector<XySeries> series;
};

// One panel fills the width; more stand in two columns, and from five on in three.
struct XyFigure {
  std::string title, description;
  std::vector<XyPanel> panels;
};

// A file of SVG. Series of one name have one entry in the legend.
std::string Draw(const XyFigure& figure);

}  // namespace edgebench::controller::plot
