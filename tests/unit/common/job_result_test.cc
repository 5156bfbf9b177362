#include "common/job_result.h"

#include <gtest/gtest.h>

namespace edgebench {
namespace {

TEST(PrecisionOf, IsThatOfWhatRanAndElseWhatWasAskedFor) {
  v1::JobResult result;
  result.mutable_settings()->set_precision(v1::PRECISION_AS_STORED);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_AS_STORED);
  result.set_precision(v1::PRECISION_INT8_STATIC);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_INT8_STATIC);
}

}  // namespace
}  // namespace edgebench
