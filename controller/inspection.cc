#include "controller/inspection.h"

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"
#include "controller/follow.h"
#include "controller/interrupt.h"
#include "controller/long_work.h"
#include "controller/run_cells.h"
#include "controller/transfer.h"
#include "controller/uuid.h"

namespace edgebench::controller {
namespace {

// While it lives, an interrupt cancels the job: nobody would fetch what it finds. A second
// one, while the agent does not answer, leaves it to itself.
class CancelWhenInterrupted {
 public:
  CancelWhenInterrupted(Session& session, InterruptMonitor& monitor, AgentClient& client,
                        const std::string& job_id)
      : monitor_(monitor), thread_([this, &session, &client, job_id] {
          if (!AwaitInterrupt()) return;
          session.Tell("interrupted; cancelling the inspection ...");
          std::thread canceller([&] {
            if (!client.CancelJob(job_id).ok()) client.StopWatching();
          });
          if (AwaitInterrupt()) client.StopWatching();  // ends CancelJob as well
          canceller.join();
        }) {}
  ~CancelWhenInterrupted() {
    over_ = true;
    monitor_.Wake();
    thread_.join();
  }
  CancelWhenInterrupted(const CancelWhenInterrupted&) = delete;
  CancelWhenInterrupted& operator=(const CancelWhenInterrupted&) = delete;

 private:
  // False when this is to end.
  bool AwaitInterrupt() {
    while (!over_) {
      if (monitor_.Wait(absl::Seconds(1)) >= InterruptMonitor::Event::kInterrupt) return true;
    }
    return false;
  }

  InterruptMonitor& monitor_;
  std::atomic<bool> over_{false};
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace

absl::StatusOr<v1::JobResult> Inspect(Session& session, ConnectedDevice& device,
                                      const ModelChoice& model, v1::JobSettings settings) {
  AgentClient& client = *device.client;
  settings.set_kind(v1::JOB_KIND_INSPECT);
  *settings.mutable_model() = model.reference;
  if (!model.path.empty()) {
    EDGEBENCH_RETURN_IF_ERROR(
        EnsureUploaded(client, model.reference.artifact(), model.path, RetryPolicy()));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(InterruptMonitor monitor, InterruptMonitor::Create());
  v1::SubmitJobRequest request;
  request.set_job_id(NewUuid());
  request.set_submitter(Submitter());
  *request.mutable_settings() = std::move(settings);
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Job job, client.SubmitJob(request));
  const LongWork work(session, job.queue_position() > 0
                                   ? absl::StrCat("waiting for ", job.queue_position(),
                                                  " other jobs of ", device.device.name)
                                   : absl::StrCat("inspecting the model on ", device.device.name));
  const CancelWhenInterrupted cancels(session, monitor, client, request.job_id());
  const absl::Status followed =
      FollowJob(client, request.job_id(), RetryPolicy(), [](const v1::JobEvent&) {});
  if (absl::IsCancelled(followed)) {
    return absl::CancelledError(
        absl::StrCat(device.device.name, " did not confirm; the inspection may go on there"));
  }
  EDGEBENCH_RETURN_IF_ERROR(followed);
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
