#include "controller/failure_condition.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/names.h"
#include "common/quantities.h"

namespace edgebench::controller {
namespace {

constexpr char kUnderstood[] = "understood is 'slower than 5%'";

absl::Status NotUnderstood(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("--fail-if '", text, "' is not understood; ", kUnderstood));
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", share * 100); }

// How much longer it takes, relative to the baseline.
double Slowdown(double speed_up) { return 1 / speed_up - 1; }

std::string Named(const ComparisonBlock& block, const ComparedColumn& column) {
  return absl::StrCat(block.title, ": ", column.name);
}

bool BaselineHasFigures(const ComparisonBlock& block) {
  return std::any_of(block.columns.begin(), block.columns.end(), [](const ComparedColumn& c) {
    return c.is_baseline && c.measurement.latency.median_ns;
  });
}

void JudgeColumn(const FailureCondition& condition, const ComparisonBlock& block,
                 const ComparedColumn& column, Judgement& judgement) {
  const v1::JobResult& result = column.measurement.result;
  if (!column.measurement.latency.median_ns) {
    if (BaselineHasFigures(block)) {
      judgement.findings.push_back(
          absl::StrCat(Named(block, column), " ended as ", OutcomeName(result.outcome())));
    }
    return;
  }
  if (!column.speed_up) return;
  const SpeedUp& speed_up = *column.speed_up;
  const double slowdown = Slowdown(speed_up.ratio);
  if (!speed_up.trusted() || !speed_up.low) {
    judgement.undecided.push_back(absl::StrCat(
        Named(block, column), ": ",
        speed_up.trusted() ? "too few samples" : absl::StrJoin(speed_up.doubts, "; ")));
    return;
  }
  if (!speed_up.resolved || slowdown <= condition.slower_than) return;
  judgement.findings.push_back(absl::StrCat(Named(block, column), " is ", Percent(slowdown),
                                            " slower (", Percent(Slowdown(*speed_up.high)), " to ",
                                            Percent(Slowdown(*speed_up.low)), ")"));
}

}  // namespace

absl::StatusOr<FailureCondition> ParseFailureCondition(const std::string& text) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::StripAsciiWhitespace(text), ' ', absl::SkipEmpty());
  if (words.size() < 3 || words.size() > 4 || words[0] != "slower" || words[1] != "than")
    return NotUnderstood(text);
  const auto share = ParseFraction(words.size() == 4 ? words[2] + words[3] : words[2]);
  if (!share.ok() || words.back().back() != '%') return NotUnderstood(text);
  return FailureCondition{*share};
}

Judgement Judge(const FailureCondition& condition, const std::vector<ComparisonBlock>& blocks) {
  Judgement judgement;
  for (const ComparisonBlock& block : blocks) {
    for (const ComparedColumn& column : block.columns)
      if (!column.is_baseline) JudgeColumn(condition, block, column, judgement);
  }
  return judgement;
}

}  // namespace edgebench::controller
