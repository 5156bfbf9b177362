#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::agent {

// What the settings of a job are checked against.
struct SettingsContext {
  std::vector<v1::ZooModel> zoo;
  int32_t default_threads = 1;     // the physical cores this process may use
  std::string usable_cpus;         // as HostInfo has them
  int64_t memory_limit_bytes = 0;  // the agent's
  // OK when this agent holds the artifact; FAILED_PRECONDITION otherwise.
  std::function<absl::Status(const v1::Digest&)> find_artifact;
};

// Checks what a client asks for and fills in every default that applies to the
// kind of job; what does not apply is cleared. All later code sees only the
// result. Errors name the field, what was given and what is allowed:
//   INVALID_ARGUMENT, NOT_FOUND (zoo model), FAILED_PRECONDITION (artifact),
//   UNIMPLEMENTED (kind, precision)
absl::StatusOr<v1::JobSettings> NormalizeSettings(const v1::JobSettings& requested,
                                                  const SettingsContext& context);

}  // namespace edgebench::agent
