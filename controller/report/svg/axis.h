#pragma once

#include <string>
#include <vector>

#include "controller/report/svg/ticks.h"

namespace edgebench::controller::plot {

// What an axis is to show.
struct AxisSpec {
  std::string title;  // without the unit, which is added
  Quantity quantity = Quantity::kNumber;
  bool log = false;
  bool from_zero = false;  // of a linear one: as long as what it shows
  // Where only these values occur, the marks are at them.
  std::vector<double> only = {};
};

struct Tick {
  double at = 0;      // coordinate
  std::string label;  // may be empty where there is no room
};

// An axis as it is drawn: values to coordinates, and the marks.
class Axis {
 public:
  // `from` and `to` are the coordinates of its ends, in either direction; values are those to be
  // shown, of which a logarithmic axis shows those above 0. Without any it shows 0 to 1, or 1 to
  // 10. `most_ticks` is at least 2.
  Axis(const AxisSpec& spec, const std::vector<double>& values, double from, double to,
       int most_ticks);

  // Of a value beyond the ends: a coordinate beyond them.
  double At(double value) const;
  bool Shows(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  const std::vector<Tick>& ticks() const { return ticks_; }
  const std::string& title() const { return title_; }  // "median latency (ms)"

 private:
  void ChooseRange(const AxisSpec& spec, const std::vector<double>& values);
  void ChooseTicks(const AxisSpec& spec, int most_ticks);

  bool log_;
  double low_ = 0, high_ = 1;
  double from_, to_;
  std::vector<Tick> ticks_;
  std::string title_;
};

}  // namespace edgebench::controller::plot
