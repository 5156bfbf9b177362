#include "controller/report/svg/axis.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace edgebench::controller::plot {
namespace {

// Of the length, left free beyond the outermost values.
constexpr double kMargin = 0.06;

}  // namespace

Axis::Axis(const AxisSpec& spec, const std::vector<double>& values, double from, double to,
           int most_ticks)
    : log_(spec.log), from_(from), to_(to), title_(spec.title) {
  ChooseRange(spec, values);
  ChooseTicks(spec, most_ticks);
}

double Axis::At(double value) const {
  const double share =
      log_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
  return from_ + share * (to_ - from_);
}

bool Axis::Shows(double value) const {
  return std::isfinite(value) && value >= low_ && value <= high_;
}

void Axis::ChooseRange(const AxisSpec& spec, const std::vector<double>& values) {
  std::vector<double> shown;
  for (const double value : values)
    if (std::isfinite(value) && (!log_ || value > 0)) shown.push_back(value);
  if (shown.empty()) {
    low_ = log_ ? 1 : 0;
    high_ = log_ ? 10 : 1;
    return;
  }
  const auto [least, most] = std::minmax_element(shown.begin(), shown.end());
  low_ = *least;
  high_ = *most;
  if (log_) {
    // A single value stands in the middle of a decade.
    const double margin = high_ > low_ ? std::pow(high_ / low_, kMargin) : std::sqrt(10);
    low_ /= margin;
    high_ *= margin;
    return;
  }
  if (spec.from_zero) {
    low_ = std::min(low_, 0.0);
    high_ = std::max(high_, 0.0);
  }
  if (!(high_ > low_)) {
    const double around = low_ == 0 ? 1 : std::fabs(low_) / 2;
    low_ -= spec.from_zero ? 0 : around;
    high_ += around;
    return;
  }
  const double margin = kMargin * (high_ - low_);
  if (!(spec.from_zero && low_ == 0)) low_ -= margin;
  if (!(spec.from_zero && high_ == 0)) high_ += margin;
}

void Axis::ChooseTicks(const AxisSpec& spec, int most_ticks) {
  std::vector<double> at = spec.only;
  at.erase(std::remove_if(at.begin(), at.end(), [this](double value) { return !Shows(value); }),
           at.end());
  // Too many to name each.
  if (at.empty() || at.size() > static_cast<size_t>(most_ticks))
    at = log_ ? LogTicks(low_, high_, most_ticks) : LinearTicks(low_, high_, most_ticks);
  if (log_) {
    // Over many decades each mark is best told in its own unit.
    for (const double value : at) ticks_.push_back({At(value), QuantityText(spec.quantity, value)});
    return;
  }
  const Unit unit = UnitFor(spec.quantity, std::max(std::fabs(low_), std::fabs(high_)));
  for (const double value : at) ticks_.push_back({At(value), NumberText(value / unit.factor)});
  if (!unit.name.empty()) absl::StrAppend(&title_, " (", unit.name, ")");
}

}  // namespace edgebench::controller::plot
