#include "common/distributions.h"

#include <boost/math/distributions/students_t.hpp>

namespace edgebench {

double StudentTQuantile(double p, double degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), p);
}

}  // namespace edgebench
