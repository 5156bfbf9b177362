#include "common/job_result.h"

#include <gtest/gtest.h>

#include <optional>

namespace edgebench {
namespace {

TEST(PrecisionOf, IsThatOfWhatRanAndElseWhatWasAskedFor) {
  v1::JobResult result;
  result.mutable_settings()->set_precision(v1::PRECISION_AS_STORED);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_AS_STORED);
  result.set_precision(v1::PRECISION_INT8_STATIC);
  EXPECT_EQ(PrecisionOf(result), v1::PRECISION_INT8_STATIC);
}

TEST(ThreadsOf, AreThoseOfWhatRanAndElseThoseAskedFor) {
  v1::JobResult result;
  EXPECT_EQ(ThreadsOf(result), std::nullopt);
  result.mutable_settings()->set_threads(4);
  EXPECT_EQ(ThreadsOf(result), 4);
  result.set_threads(2);
  EXPECT_EQ(ThreadsOf(result), 2);
}

}  // namespace
}  // namespace edgebench
