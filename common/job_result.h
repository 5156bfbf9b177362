#pragma once

#include <optional>

#include "edgebench/v1/result.pb.h"

namespace edgebench {

// Of what ran, where that is known: a file measured as it is stored turns out to
// be something. Else what was asked for.
v1::Precision PrecisionOf(const v1::JobResult& result);

// Those of what ran, else those it was to run with: a job that was ended from
// outside could not say. nullopt when nobody said.
std::optional<int> ThreadsOf(const v1::JobResult& result);

}  // namespace edgebench
