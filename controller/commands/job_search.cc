#include "controller/commands/job_search.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/long_work.h"

namespace edgebench::controller {
namespace {

constexpr int kSearched = 10'000;  // jobs among which an id is looked for

absl::StatusOr<db::SubmittedJob> NewestJob(const std::vector<db::SubmittedJob>& jobs) {
  if (jobs.empty())
    return absl::NotFoundError("there are no jobs yet; make one with: edgebench bench resnet18");
  const auto pending = std::find_if(
      jobs.begin(), jobs.end(), [](const db::SubmittedJob& job) { return job.status == kPending; });
  return pending != jobs.end() ? *pending : jobs.front();
}

}  // namespace

absl::StatusOr<db::SubmittedJob> FindJob(SharedStore& store, const std::string& id) {
  EDGEBENCH_ASSIGN_OR_RETURN(
      auto jobs, store.Use([](db::ResultStore& results) { return results.ListJobs(kSearched); }));
  if (id.empty()) return NewestJob(jobs);
  const auto other = [&](const db::SubmittedJob& job) { return !absl::StartsWith(job.job_id, id); };
  jobs.erase(std::remove_if(jobs.begin(), jobs.end(), other), jobs.end());
  if (jobs.empty())
    return absl::NotFoundError(absl::StrCat("there is no job '", id, "'; see: edgebench job list"));
  if (jobs.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", id, "' is the beginning of ", jobs.size(), " job ids; write more of it"));
  }
  return jobs.front();
}

absl::StatusOr<ConnectedDevice> ConnectTo(Session& session, const db::SubmittedJob& job,
                                          const ConnectTimeouts& timeouts) {
  const LongWork work(session, absl::StrCat("connecting to ", job.device));
  return ConnectDevice(session.world().connector, {job.device, job.address, absl::UnixEpoch()},
                       timeouts);
}

}  // namespace edgebench::controller
