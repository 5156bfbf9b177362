#include "common/job_result.h"

namespace edgebench {

v1::Precision PrecisionOf(const v1::JobResult& result) {
  const bool known = result.precision() != v1::PRECISION_UNSPECIFIED;
  return known ? result.precision() : result.settings().precision();
}

}  // namespace edgebench
