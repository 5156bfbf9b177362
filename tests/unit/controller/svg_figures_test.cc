#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

#include "controller/report/svg/bar_figure.h"
#include "controller/report/svg/xy_figure.h"

namespace edgebench::controller::plot {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Places = std::vector<std::pair<double, double>>;

// Where the points are, without those of the legend.
Places PointsIn(const std::string& svg, size_t of_legend) {
  static const std::regex pattern("class=\"point\" transform=\"translate\\(([0-9.-]+) ([0-9.-]+)");
  Places points;
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at)
    points.emplace_back(std::stod((*at)[1]), std::stod((*at)[2]));
  points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(of_legend));
  return points;
}

// Coordinates of the labels of an axis by their text.
double LabelAt(const std::string& svg, const std::string& label, int coordinate) {
  const std::regex pattern("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>" + label + "</text>");
  std::smatch match;
  EXPECT_TRUE(std::regex_search(svg, match, pattern)) << label;
  return match.empty() ? 0 : std::stod(match[static_cast<size_t>(coordinate) + 1]);
}

XyPoint At(double x, double y) {
  XyPoint point;
  point.x = x;
  point.y = y;
  return point;
}

XyFigure FigureOf(std::vector<XyPoint> points) {
  XySeries series;
  series.name = "fp32";
  series.points = std::move(points);
  XyPanel panel;
  panel.y.from_zero = true;
  panel.series.push_back(std::move(series));
  XyFigure figure;
  figure.panels.push_back(std::move(panel));
  return figure;
}

TEST(XyFigure, PointsAreWhereTheMarksOfTheAxesSay) {
  XyFigure figure = FigureOf({At(0, 2), At(10, 4)});
  const std::string svg = Draw(figure);
  const Places points = PointsIn(svg, 1);
  ASSERT_THAT(points, SizeIs(2));
  // Labels stand in the middle below, and four pixels lower beside.
  EXPECT_NEAR(points[0].first, LabelAt(svg, "0", 0), 0.02);
  EXPECT_NEAR(points[1].first, LabelAt(svg, "10", 0), 0.02);
  EXPECT_NEAR(points[0].second, LabelAt(svg, "2", 1) - 4, 200);
  const double zero = points[0].second + (points[0].second - points[1].second);
  EXPECT_GT(zero, points[0].second);
}

TEST(XyFigure, DecadesOfALogarithmicAxisAreAsFarFromEachOther) {
  XyFigure figure = FigureOf({At(1, 1e3), At(2, 1e6), At(3, 1e9)});
  figure.panels[0].y.log = true;
  figure.panels[0].y.quantity = Quantity::kNanos;
  const std::string svg = Draw(figure);
  const Places points = PointsIn(svg, 1);
  ASSERT_THAT(points, SizeIs(3));
  EXPECT_NEAR(points[0].second - points[1].second, points[1].second - points[2].second, 0.02);
  EXPECT_NEAR(points[1].second, LabelAt(svg, "1 ms", 1) - 4, 0.02);
}

TEST(XyFigure, NothingAndOnePointAreFigures) {
  EXPECT_THAT(PointsIn(Draw(XyFigure()), 0), IsEmpty());
  EXPECT_THAT(PointsIn(Draw(FigureOf({})), 1), IsEmpty());
  const std::string svg = Draw(FigureOf({At(4, 7)}));
  EXPECT_THAT(PointsIn(svg, 1), SizeIs(1));
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 760 "));
}

TEST(XyFigure, WhatIsNoNumberIsNotDrawn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  XyFigure figure = FigureOf({At(1, 2), At(nan, 3), At(2, nan), At(3, 1e300)});
  figure.panels[0].series[0].points[0].low = -std::numeric_limits<double>::infinity();
  figure.panels[0].series[0].points[0].high = nan;
  const std::string svg = Draw(figure);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_THAT(PointsIn(svg, 1), SizeIs(2));
}

TEST(XyFigure, TextOfStrangersIsNoMarkup) {
  XyFigure figure = FigureOf({At(1, 2)});
  figure.title = "</title><script>alert(1)</script>";
  figure.description = "a & b\x01\xff";
  figure.panels[0].title = "<b>\"'";
  figure.panels[0].series[0].name = std::string(4096, 'x');
  const std::string svg = Draw(figure);
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("&lt;/title&gt;&lt;script&gt;"));
  EXPECT_THAT(svg, HasSubstr("a &amp; b??"));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&quot;&#39;"));
  EXPECT_THAT(svg, Not(HasSubstr(std::string(200, 'x'))));
}

TEST(XyFigure, LabelsDoNotCoverEachOther) {
  std::vector<XyPoint> points;
  for (int i = 0; i < 6; ++i) {
    points.push_back(At(5, 5 + 0.01 * i));
    points.back().label = "model" + std::to_string(i);
  }
  points.push_back(At(10, 10));
  const std::string svg = Draw(FigureOf(points));
  static const std::regex pattern("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>model");
  Places labels;
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at)
    labels.emplace_back(std::stod((*at)[1]), std::stod((*at)[2]));
  ASSERT_GE(labels.size(), 4u);
  for (size_t i = 0; i < labels.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const bool apart = std::abs(labels[i].first - labels[k].first) > 35 ||
                         std::abs(labels[i].second - labels[k].second) >= 13.9;
      EXPECT_TRUE(apart) << i << " " << k;
    }
  }
}

BarFigure Bars(std::vector<double> values) {
  BarFigure figure;
  figure.series.push_back({"int8-static", {1, 1, 0}});
  for (const double value : values) {
    Bar bar;
    bar.value = value;
    figure.groups.push_back({"resnet18", {bar}});
  }
  return figure;
}

std::vector<double> WidthsIn(const std::string& svg) {
  static const std::regex pattern("<rect x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"([0-9.]+)\"");
  std::vector<double> widths;
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at)
    widths.push_back(std::stod((*at)[1]));
  return widths;
}

TEST(BarFigure, BarsAreAsLongAsTheirValues) {
  const std::vector<double> widths = WidthsIn(Draw(Bars({1, 2, 4})));
  ASSERT_THAT(widths, SizeIs(3));
  EXPECT_NEAR(widths[1], 2 * widths[0], 0.03);
  EXPECT_NEAR(widths[2], 4 * widths[0], 0.05);
}

TEST(BarFigure, AnIntervalBeyondTheAxisEndsInAnArrow) {
  BarFigure figure = Bars({1, 2});
  figure.groups[1].bars[0].low = 1.5;
  figure.groups[1].bars[0].high = 1000;
  const std::vector<double> widths = WidthsIn(Draw(figure));
  EXPECT_GT(widths[1], 300) << "a wide interval leaves the bars their lengths";
}

TEST(BarFigure, OfNothingIsAFigure) {
  EXPECT_THAT(Draw(BarFigure()), HasSubstr("</svg>"));
  EXPECT_THAT(WidthsIn(Draw(Bars({std::numeric_limits<double>::quiet_NaN()}))), IsEmpty());
}

}  // namespace
}  // namespace edgebench::controller::plot
