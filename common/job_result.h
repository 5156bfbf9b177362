#pragma once

#include "edgebench/v1/result.pb.h"

namespace edgebench {

// Of what ran, where that is known: a file measured as it is stored turns out to
// be something. Else what was asked for.
v1::Precision PrecisionOf(const v1::JobResult& result);

}  // namespace edgebench
