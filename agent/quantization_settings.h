#pragma once

#include <functional>

#include "absl/status/status.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::agent {

// The part of NormalizeSettings that is of quantization; precision and inputs
// are normalized before. `find_artifact` is that of SettingsContext.
absl::Status NormalizeQuantization(
    const std::function<absl::Status(const v1::Digest&)>& find_artifact, v1::JobSettings& settings);

}  // namespace edgebench::agent
