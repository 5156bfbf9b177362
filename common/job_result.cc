#include "common/job_result.h"

namespace edgebench {

v1::Precision PrecisionOf(const v1::JobResult& result) {
  const bool known = result.precision() != v1::PRECISION_UNSPECIFIED;
  return known ? result.precision() : result.settings().precision();
}

std::optional<int> ThreadsOf(const v1::JobResult& result) {
  if (result.threads() > 0) return result.threads();
  if (result.settings().has_threads()) return result.settings().threads();
  return std::nullopt;
}

std::string ReasonCode(const std::string& reason) { return reason.substr(0, reason.find(':')); }

}  // namespace edgebench
