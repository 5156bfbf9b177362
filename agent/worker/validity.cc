#include "agent/worker/validity.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/quantities.h"

namespace edgebench::worker {
namespace {

std::string Unconverged(const MeasureOptions& options, const Measurement& measurement) {
  const size_t samples = measurement.samples_ns.size();
  const std::string goal = absl::StrFormat("goal ±%.3g %%", options.target_ci * 100);
  if (!measurement.relative_ci.has_value()) {
    return absl::StrCat("unconverged: no interval from ", samples, " samples, 6 are needed, ",
                        goal);
  }
  std::string reason = absl::StrFormat("unconverged: interval ±%.3g %% after %d samples, %s",
                                       *measurement.relative_ci * 100, samples, goal);
  if (static_cast<int>(samples) < options.min_samples) {
    absl::StrAppend(&reason, " with at least ", options.min_samples, " samples");
  }
  return reason;
}

}  // namespace

SwapWatch::SwapWatch(const ProcessMemory& memory)
    : memory_(memory), pages_out_before_(memory.SystemPagesSwappedOut()) {}

std::vector<std::string> SwapWatch::Reasons() const {
  std::vector<std::string> reasons;
  const std::optional<int64_t> swapped = memory_.SwappedBytes();
  if (swapped.has_value() && *swapped > 0) {
    reasons.push_back(
        absl::StrCat("swapped: ", FormatBytes(*swapped), " of the worker lay in swap"));
  }
  const std::optional<int64_t> pages_out = memory_.SystemPagesSwappedOut();
  if (pages_out.has_value() && pages_out_before_.has_value() && *pages_out > *pages_out_before_) {
    reasons.push_back(absl::StrCat("swapped: the device wrote ", *pages_out - *pages_out_before_,
                                   " pages to swap meanwhile"));
  }
  return reasons;
}

v1::Validity JudgeValidity(const MeasureOptions& options, const Measurement& measurement,
                           const std::vector<std::string>& other_reasons) {
  v1::Validity validity;
  const bool has_goal = !options.fixed_samples.has_value() && !options.until_max_time;
  if (has_goal && !measurement.converged) {
    validity.add_reasons(Unconverged(options, measurement));
  }
  for (const std::string& reason : other_reasons) validity.add_reasons(reason);
  validity.set_valid(validity.reasons_size() == 0);
  return validity;
}

}  // namespace edgebench::worker
