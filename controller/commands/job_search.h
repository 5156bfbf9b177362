#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "controller/connect.h"
#include "controller/session.h"
#include "controller/shared_store.h"
#include "db/result_store.h"

namespace edgebench::controller {

// The status of a job whose result is still to come.
inline constexpr char kPending[] = "pending";

// A job that was submitted from here: by its id or the beginning of one that is
// unambiguous; for "" the newest that is pending, else the newest.
//   NOT_FOUND         there is none
//   INVALID_ARGUMENT  there are several
absl::StatusOr<db::SubmittedJob> FindJob(SharedStore& store, const std::string& id);

// The device that has it.
absl::StatusOr<ConnectedDevice> ConnectTo(Session& session, const db::SubmittedJob& job,
                                          const ConnectTimeouts& timeouts);

}  // namespace edgebench::controller
