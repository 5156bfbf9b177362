#pragma once

namespace edgebench {

// The p-quantile of Student's t distribution with `degrees_of_freedom` (> 0, need not be a
// whole number). p in (0, 1).
double StudentTQuantile(double p, double degrees_of_freedom);

}  // namespace edgebench
