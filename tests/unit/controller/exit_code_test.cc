#include "controller/exit_code.h"

#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

TEST(ExitCode, FollowsTheStatusCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), ExitCode::kUnauthorized);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), ExitCode::kUnauthorized);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), ExitCode::kDeviceFault);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), ExitCode::kDeviceFault);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kTimeout);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), ExitCode::kInterrupted);
}

TEST(ExitCode, CanBeFixedWhereTheStatusCodeMisleads) {
  const absl::Status unreadable =
      WithExitCode(absl::PermissionDeniedError("model.pt"), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(unreadable), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(WithPrefix(unreadable, "cannot read: ")), ExitCode::kUsage);
  EXPECT_EQ(WithPrefix(unreadable, "cannot read: ").message(), "cannot read: model.pt");
  EXPECT_TRUE(WithExitCode(absl::OkStatus(), ExitCode::kUsage).ok());
}

TEST(ExitCode, FollowsTheOutcome) {
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_OK), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_OOM), ExitCode::kDeviceFault);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_CRASH), ExitCode::kDeviceFault);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_INTERRUPTED), ExitCode::kDeviceFault);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_TIMEOUT), ExitCode::kTimeout);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_UNSUPPORTED), ExitCode::kModelFault);
  EXPECT_EQ(ExitCodeOf(v1::OUTCOME_INVALID_MODEL), ExitCode::kModelFault);
}

TEST(ExitCode, OfSeveralTheOneNearestToTheDeviceCounts) {
  EXPECT_EQ(Worse(ExitCode::kOk, ExitCode::kModelFault), ExitCode::kModelFault);
  EXPECT_EQ(Worse(ExitCode::kDeviceFault, ExitCode::kModelFault), ExitCode::kDeviceFault);
  EXPECT_EQ(Worse(ExitCode::kDeviceFault, ExitCode::kUnreachable), ExitCode::kUnreachable);
  EXPECT_EQ(Worse(ExitCode::kInterrupted, ExitCode::kDeviceFault), ExitCode::kInterrupted);
}

}  // namespace
}  // namespace edgebench::controller
