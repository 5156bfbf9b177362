#pragma once

#include "absl/status/statusor.h"
#include "controller/connect.h"
#include "controller/grid.h"
#include "controller/session.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// Has a device describe a model: an inspect job, which waits for its turn like any
// other and whose result is shown, not stored. Uploads the model where it is a file.
// An interrupt (Ctrl-C) cancels the job; a second one does not wait for the answer.
//   FAILED_PRECONDITION  the job ended as anything but ok; says how
//   CANCELLED            interrupted, and the agent did not confirm it
//   others               as AgentClient
absl::StatusOr<v1::JobResult> Inspect(Session& session, ConnectedDevice& device,
                                      const ModelChoice& model, v1::JobSettings settings);

}  // namespace edgebench::controller
