#include "controller/inspection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"
#include "controller/follow.h"
#include "controller/run_cells.h"
#include "controller/transfer.h"
#include "controller/uuid.h"

namespace edgebench::controller {
absl::StatusOr<v1::JobResult> Inspect(Session& session, ConnectedDevice& device,
                                      const ModelChoice& model, v1::JobSettings settings) {
  AgentClient& client = *device.client;
  settings.set_kind(v1::JOB_KIND_INSPECT);
  *settings.mutable_model() = model.reference;
  if (!model.path.empty()) {
    EDGEBENCH_RETURN_IF_ERROR(
        EnsureUploaded(client, model.reference.artifact(), model.path, RetryPolicy()));
  }
  v1::SubmitJobRequest request;
  request.set_job_id(NewUuid());
  request.set_submitter(Submitter());
  *request.mutable_settings() = std::move(settings);
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Job job, client.SubmitJob(request));
  const Session::SlowNotice notice(
      session, job.queue_position() > 0
                   ? absl::StrCat("waiting for ", job.queue_position(), " other jobs of ",
                                  device.device.name)
                   : absl::StrCat("inspecting the model on ", device.device.name));
  EDGEBENCH_RETURN_IF_ERROR(
      FollowJob(client, request.job_id(), RetryPolicy(), [](const v1::JobEvent&) {}));
  EDGEBENCH_ASSIGN_OR_RETURN(v1::JobResult result, client.GetJobResult(request.job_id()));
  // Nothing is lost when the agent does not hear of it.
  client.AcknowledgeJobResult(request.job_id()).IgnoreError();
  if (result.outcome() == v1::OUTCOME_OK) return result;
  return WithExitCode(absl::FailedPreconditionError(absl::StrCat(
                          model.reference.display_name(), ": ", OutcomeName(result.outcome()),
                          " in ", StageName(result.stage()), ": ", result.message())),
                      ExitCodeOf(result.outcome()));
}

}  // namespace edgebench::controller
