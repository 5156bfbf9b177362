#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "controller/exit_code.h"
#include "controller/session.h"

namespace edgebench::controller {

// `job cancel`: ends a job that was submitted from here.
absl::StatusOr<ExitCode> CancelJob(Session& session, const std::string& id);

// `job finish`: ends the training of a job. With a device, `id` is the whole id of
// any job that it has.
absl::StatusOr<ExitCode> FinishJob(Session& session, const std::string& id,
                                   const std::string& device);

}  // namespace edgebench::controller
