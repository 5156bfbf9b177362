#include "controller/commands/job_end.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/commands/job_search.h"
#include "controller/grid.h"

namespace edgebench::controller {
namespace {

// An agent answers before the worker of a running job has been ended.
std::string CancelWords(v1::JobState state, const std::string& job_id) {
  if (state == v1::JOB_STATE_CANCELLED) return "cancelled";
  const std::string name = absl::AsciiStrToLower(JobStateName(state));
  if (IsFinal(state)) return absl::StrCat("had ended already: ", name);
  return absl::StrCat("is being cancelled, and still ", name, "; its end: edgebench job watch ",
                      job_id);
}

// A job that was submitted from here, or with --device any that the device has: its
// client, its id and what people call it.
struct Reached {
  ConnectedDevice device;
  std::string job_id, label;
};

absl::StatusOr<Reached> Reach(Session& session, const std::string& id,
                              const std::string& device_name) {
  if (!device_name.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(device_name));
    return Reached{std::move(device), id, absl::StrCat("job ", id)};
  }
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto job, FindJob(*store, id));
  EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, ConnectTo(session, job, ConnectTimeouts()));
  return Reached{std::move(device), job.job_id, CellLabel(job.settings)};
}

}  // namespace

absl::StatusOr<ExitCode> CancelJob(Session& session, const std::string& id) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto job, FindJob(*store, id));
  if (job.status != kPending) {
    session.Tell(absl::StrCat("job ", job.job_id, " has ended already: ", job.status));
    return ExitCode::kOk;
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const ConnectedDevice device,
                             ConnectTo(session, job, ConnectTimeouts()));
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Job told, device.client->CancelJob(job.job_id));
  session.Tell(absl::StrCat(CellLabel(job.settings), " on ", job.device, ": ",
                            CancelWords(told.state(), job.job_id)));
  session.Collect();
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> FinishJob(Session& session, const std::string& id,
                                   const std::string& device) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Reached job, Reach(session, id, device));
  const absl::Status told = job.device.client->FinishJobEarly(job.job_id).status();
  if (absl::IsFailedPrecondition(told)) return WithExitCode(told, ExitCode::kUsage);
  EDGEBENCH_RETURN_IF_ERROR(told);
  session.Tell(absl::StrCat(job.label, " on ", job.device.device.name,
                            ": ends its training after the present step; its result: edgebench "
                            "job watch ",
                            job.job_id));
  return ExitCode::kOk;
}

}  // namespace edgebench::controller
