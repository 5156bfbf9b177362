#include "controller/report/svg/ticks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace edgebench::controller::plot {
namespace {

// Numbers of the axis that only rounding moved beyond its ends.
constexpr double kSlack = 1e-9;

bool IsRange(double low, double high) {
  return std::isfinite(low) && std::isfinite(high) && low < high;
}

const std::vector<Unit>& UnitsOf(Quantity quantity) {
  static const auto* const none = new std::vector<Unit>{{1, ""}};
  static const auto* const nanos =
      new std::vector<Unit>{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
  static const auto* const bytes =
      new std::vector<Unit>{{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}};
  static const auto* const joules =
      new std::vector<Unit>{{1e-6, "µJ"}, {1e-3, "mJ"}, {1, "J"}, {1e3, "kJ"}};
  static const auto* const flops = new std::vector<Unit>{
      {1, "FLOP/s"}, {1e3, "kFLOP/s"}, {1e6, "MFLOP/s"}, {1e9, "GFLOP/s"}, {1e12, "TFLOP/s"}};
  switch (quantity) {
    case Quantity::kNanos:
      return *nanos;
    case Quantity::kBytes:
      return *bytes;
    case Quantity::kJoules:
      return *joules;
    case Quantity::kPerSecond:
      return *flops;
    default:
      return *none;
  }
}

}  // namespace

std::vector<double> LinearTicks(double low, double high, int most) {
  if (!IsRange(low, high) || !std::isfinite(high - low)) return {};
  const double least_step = (high - low) / std::max(most, 2);
  const double decade = std::pow(10, std::floor(std::log10(least_step)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0}) {
    const double step = decade * factor;
    const double first = std::ceil(low / step - kSlack);
    const double last = std::floor(high / step + kSlack);
    if (last - first + 1 > std::max(most, 2)) continue;
    std::vector<double> ticks;
    // -0 would be written "-0".
    const int count = static_cast<int>(last - first) + 1;
    for (int i = 0; i < count; ++i) {
      const double multiple = first + i;
      ticks.push_back(multiple == 0 ? 0 : multiple * step);
    }
    return ticks;
  }
  return {};
}

std::vector<double> LogTicks(double low, double high, int most) {
  if (!IsRange(low, high) || low <= 0) return {};
  const double bottom = low * (1 - kSlack), top = high * (1 + kSlack);
  const auto within = [&](std::initializer_list<double> factors, int stride) {
    std::vector<double> ticks;
    const int first = static_cast<int>(std::floor(std::log10(low)));
    for (int power = first; power <= std::floor(std::log10(high)); ++power) {
      if (power % stride != 0) continue;
      for (const double factor : factors) {
        const double tick = factor * std::pow(10, power);
        if (tick >= bottom && tick <= top) ticks.push_back(tick);
      }
    }
    return ticks;
  };
  const auto limit = static_cast<size_t>(std::max(most, 2));
  std::vector<double> ticks = within({1, 2, 5}, 1);
  for (int stride = 1; ticks.size() > limit; ++stride) ticks = within({1}, stride);
  return ticks;
}

Unit UnitFor(Quantity quantity, double value) {
  const std::vector<Unit>& units = UnitsOf(quantity);
  size_t chosen = 0;
  while (chosen + 1 < units.size() && std::fabs(value) >= units[chosen + 1].factor * (1 - kSlack))
    ++chosen;
  return units[chosen];
}

std::string NumberText(double value) { return absl::StrFormat("%.4g", value); }

std::string QuantityText(Quantity quantity, double value) {
  const Unit unit = UnitFor(quantity, value);
  return absl::StrCat(NumberText(value / unit.factor), unit.name.empty() ? "" : " ", unit.name);
}

}  // namespace edgebench::controller::plot
