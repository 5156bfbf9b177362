#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/report/comparison.h"

namespace edgebench::controller {

// What makes a comparison fail, for scripts: "slower than 5%".
struct FailureCondition {
  double slower_than = 0;  // relative: 0.05
};

// INVALID_ARGUMENT quotes the text and says what is understood.
absl::StatusOr<FailureCondition> ParseFailureCondition(const std::string& text);

struct Judgement {
  // "resnet18 fp32 on local (...): 2026-11-26 10:00:00 is 12.0 % slower (8.1 % to 16.0 %)".
  std::vector<std::string> findings;
  // Columns of which it cannot be said, with the reason.
  std::vector<std::string> undecided;
};

// A column is slower than its baseline by more than the condition allows when the difference is
// resolved and the ratio of the medians is above it, or when it did not run where the baseline
// did. One whose difference is not resolved does not fail.
Judgement Judge(const FailureCondition& condition, const std::vector<ComparisonBlock>& blocks);

}  // namespace edgebench::controller
