#include "common/student_t.h"

#include <gtest/gtest.h>

namespace edgebench {
namespace {

// Two-sided 95 % quantiles as printed in tables of the distribution.
TEST(StudentT, HasTheTabulatedQuantiles) {
  EXPECT_NEAR(StudentT95(1), 12.706, 5e-4);
  EXPECT_NEAR(StudentT95(2), 4.303, 5e-4);
  EXPECT_NEAR(StudentT95(3), 3.182, 5e-4);
  EXPECT_NEAR(StudentT95(4), 2.776, 5e-4);
  EXPECT_NEAR(StudentT95(9), 2.262, 5e-4);
  EXPECT_NEAR(StudentT95(19), 2.093, 5e-4);
  EXPECT_NEAR(StudentT95(100), 1.984, 5e-4);
}

TEST(StudentT, BecomesTheNormalOne) { EXPECT_NEAR(StudentT95(1e6), 1.95996, 1e-4); }

TEST(StudentT, TakesBrokenDegreesBetweenItsNeighbours) {
  EXPECT_LT(StudentT95(4.5), StudentT95(4));
  EXPECT_GT(StudentT95(4.5), StudentT95(5));
}

TEST(StudentT, TakesLessThanOneDegreeAsOne) { EXPECT_EQ(StudentT95(0.2), StudentT95(1)); }

}  // namespace
}  // namespace edgebench
