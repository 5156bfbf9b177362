#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// The outcome of a job whose runner answered this status; see model_runner.h.
v1::Outcome OutcomeOf(const absl::Status& status);

// One sentence for people: what ran out of memory, how much was in use, and
// which setting to change.
std::string OutOfMemoryMessage(const std::string& detail, v1::Stage stage,
                               std::optional<int64_t> peak_bytes, const v1::JobSettings& settings);

}  // namespace edgebench::worker
