#include "common/status_macros.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace edgebench {
namespace {

absl::Status Through(const absl::Status& status, bool* went_on) {
  EDGEBENCH_RETURN_IF_ERROR(status);
  *went_on = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Doubled(absl::StatusOr<std::unique_ptr<int>> value) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<int> number, std::move(value));
  return *number * 2;
}

TEST(StatusMacros, ReturnAnErrorAndGoOnWithoutOne) {
  bool went_on = false;
  EXPECT_EQ(Through(absl::NotFoundError("x"), &went_on), absl::NotFoundError("x"));
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(Through(absl::OkStatus(), &went_on).ok());
  EXPECT_TRUE(went_on);
}

TEST(StatusMacros, AssignAValueThatCanOnlyBeMoved) {
  EXPECT_EQ(*Doubled(std::make_unique<int>(21)), 42);
  EXPECT_EQ(Doubled(absl::AbortedError("x")).status(), absl::AbortedError("x"));
}

TEST(StatusMacros, CanBeUsedInALambdaWithinAnotherUse) {
  const auto run = [](const std::function<absl::Status()>& body) { return body(); };
  const auto nested = [&run]() -> absl::Status {
    EDGEBENCH_RETURN_IF_ERROR(run([]() -> absl::Status {
      EDGEBENCH_RETURN_IF_ERROR(absl::OkStatus());
      EDGEBENCH_RETURN_IF_ERROR(absl::DataLossError("inner"));
      return absl::OkStatus();
    }));
    return absl::OkStatus();
  };
  EXPECT_EQ(nested(), absl::DataLossError("inner"));
}

}  // namespace
}  // namespace edgebench
