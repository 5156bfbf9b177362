#include "controller/result_fetch.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"
#include "controller/transfer.h"
#include "db/result_store.h"

namespace edgebench::controller {
namespace {

absl::StatusOr<FetchedResult> FindStored(SharedStore& store, const db::SubmittedJob& job) {
  db::MeasurementFilter filter;
  filter.job_id = job.job_id;
  EDGEBENCH_ASSIGN_OR_RETURN(auto measurements, store.Use([&](db::ResultStore& results) {
    return results.Measurements(filter);
  }));
  if (!measurements.empty()) return FetchedResult{std::move(measurements.front()), false};
  return WithExitCode(
      absl::NotFoundError(absl::StrCat("the agent no longer has the result of job ", job.job_id)),
      ExitCode::kDeviceFault);
}

template <typename Call>
auto WithRetries(const RetryPolicy& policy, Call&& call) {
  Backoff backoff(policy);
  auto answer = call();
  while (absl::IsUnavailable(answer.status()) && backoff.WaitForNext()) answer = call();
  return answer;
}

}  // namespace

bool Acknowledge(AgentClient& client, SharedStore& store, const std::string& job_id) {
  const absl::Status told = client.AcknowledgeJobResult(job_id);
  // An agent that forgot the job keeps no result of it either.
  if (told.ok() || absl::IsNotFound(told)) {
    store.Use([&](db::ResultStore& results) { return results.MarkAcknowledged(job_id); })
        .IgnoreError();
  }
  return !absl::IsUnavailable(told) && !absl::IsDeadlineExceeded(told);
}

absl::StatusOr<FetchedResult> FetchResult(AgentClient& client, SharedStore& store,
                                          const db::SubmittedJob& job, const RetryPolicy& policy) {
  const auto result = WithRetries(policy, [&] { return client.GetJobResult(job.job_id); });
  if (absl::IsNotFound(result.status())) return FindStored(store, job);
  EDGEBENCH_RETURN_IF_ERROR(result.status());
  if (result->outcome() == v1::OUTCOME_OK && result->has_artifact() && !job.output_path.empty()) {
    EDGEBENCH_RETURN_IF_ERROR(
        FetchArtifact(client, result->artifact(), job.output_path, job.overwrite, policy));
  }
  const absl::Time now = absl::Now();
  EDGEBENCH_ASSIGN_OR_RETURN(const bool is_new, store.Use([&](db::ResultStore& results) {
    return results.StoreResult(*result, now);
  }));
  Acknowledge(client, store, job.job_id);
  // The other one's time and output are those that stand in the store.
  if (!is_new) return FindStored(store, job);
  return FetchedResult{db::MeasurementOfJob(job, *result, now), is_new};
}

}  // namespace edgebench::controller
