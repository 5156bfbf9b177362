#include "controller/follow.h"

#include <cstdint>

#include "common/names.h"

namespace edgebench::controller {
namespace {

bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// Another controller may have fetched and acknowledged the result meanwhile;
// its events are gone then, but the job's state is known.
absl::Status CheckEnded(AgentClient& client, const std::string& job_id,
                        const absl::Status& otherwise) {
  const absl::StatusOr<v1::Job> job = client.GetJob(job_id);
  if (!job.ok()) return job.status();
  return IsFinal(job->state()) ? absl::OkStatus() : otherwise;
}

}  // namespace

absl::Status FollowJob(AgentClient& client, const std::string& job_id, const RetryPolicy& policy,
                       const std::function<void(const v1::JobEvent&)>& on_event,
                       const std::function<void()>& on_lost) {
  Backoff backoff(policy);
  int64_t next_offset = 0;
  bool ended = false;
  while (true) {
    absl::Status status = client.WatchJob(job_id, next_offset, [&](const v1::JobEvent& event) {
      backoff.Reset();
      next_offset = event.offset() + 1;
      ended = event.has_state_changed() && IsFinal(event.state_changed());
      on_event(event);
      return true;
    });
    if (ended || absl::IsCancelled(status)) return ended ? absl::OkStatus() : status;
    if (status.ok()) status = absl::UnavailableError("the agent ended the stream of events early");
    if (absl::IsOutOfRange(status)) return CheckEnded(client, job_id, status);
    if (!IsWorthAnotherTry(status) || !backoff.WaitForNext()) return status;
    on_lost();
  }
}

}  // namespace edgebench::controller
