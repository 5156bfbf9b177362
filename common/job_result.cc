#include "common/job_result.h"

#include <algorithm>

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

std::optional<int64_t> ModelMemoryBytes(const v1::JobResult& result) {
  std::optional<int64_t> before, measured;
  for (const v1::StageReport& stage : result.stages()) {
    if (!stage.has_peak_rss_bytes()) continue;
    if (stage.stage() == v1::STAGE_START) before = stage.peak_rss_bytes();
    if (stage.stage() == v1::STAGE_WARM_UP || stage.stage() == v1::STAGE_MEASURE)
      measured = std::max(measured.value_or(0), stage.peak_rss_bytes());
  }
  if (!before || !measured) return std::nullopt;
  return std::max<int64_t>(*measured - *before, 0);
}

std::string ReasonCode(const std::string& reason) { return reason.substr(0, reason.find(':')); }

}  // namespace edgebench
