#include "controller/exit_code.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace edgebench::controller {
namespace {

constexpr char kPayload[] = "edgebench/exit-code";

ExitCode DefaultExitCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return ExitCode::kUsage;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kUnauthorized;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimeout;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kDeviceFault;
  }
}

}  // namespace

absl::Status WithExitCode(absl::Status status, ExitCode code) {
  if (!status.ok()) status.SetPayload(kPayload, absl::Cord(absl::StrCat(static_cast<int>(code))));
  return status;
}

absl::Status WithPrefix(const absl::Status& status, absl::string_view prefix) {
  if (status.ok()) return status;
  absl::Status prefixed(status.code(), absl::StrCat(prefix, status.message()));
  if (const auto payload = status.GetPayload(kPayload)) prefixed.SetPayload(kPayload, *payload);
  return prefixed;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (const auto payload = status.GetPayload(kPayload)) {
    int value = 0;
    if (absl::SimpleAtoi(std::string(*payload), &value)) return static_cast<ExitCode>(value);
  }
  return DefaultExitCode(status.code());
}

ExitCode ExitCodeOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_OK:
      return ExitCode::kOk;
    case v1::OUTCOME_TIMEOUT:
      return ExitCode::kTimeout;
    case v1::OUTCOME_UNSUPPORTED:
    case v1::OUTCOME_INVALID_MODEL:
      return ExitCode::kModelFault;
    case v1::OUTCOME_CANCELLED:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kDeviceFault;
  }
}

ExitCode Worse(ExitCode a, ExitCode b) {
  static constexpr std::array kMildestFirst = {
      ExitCode::kOk,          ExitCode::kFinding,      ExitCode::kUsage,
      ExitCode::kModelFault,  ExitCode::kTimeout,      ExitCode::kDeviceFault,
      ExitCode::kUnreachable, ExitCode::kUnauthorized, ExitCode::kInterrupted};
  const auto rank = [](ExitCode code) {
    return std::find(kMildestFirst.begin(), kMildestFirst.end(), code) - kMildestFirst.begin();
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace edgebench::controller
