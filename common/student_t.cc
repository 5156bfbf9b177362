#include "common/student_t.h"

#include <algorithm>
#include <cmath>

namespace edgebench {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kOutside = 0.05;
// The normal quantile that belongs to it.
constexpr double kNormal = -1.959963984540054;

}  // namespace

double StudentT95(double degrees) {
  const double n = std::max(1.0, degrees);
  if (n < 1.5) return std::tan((1 - kOutside) * kPi / 2);
  if (n < 2.5) return std::sqrt(2 / (kOutside * (2 - kOutside)) - 2);
  const double a = 1 / (n - 0.5);
  const double b = 48 / (a * a);
  double c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
  const double d = ((94.5 / (b + c) - 3) / b + 1) * std::sqrt(a * kPi / 2) * n;
  double y = std::pow(d * kOutside, 2 / n);
  if (y > 0.05 + a) {
    // The expansion about the normal quantile.
    const double x = kNormal;
    y = x * x;
    if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = std::expm1(a * y * y);
  } else {
    y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) *
            (n + 1) / (n + 2) +
        1 / y;
  }
  return std::sqrt(n * y);
}

}  // namespace edgebench
