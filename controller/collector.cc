#include "controller/collector.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/result_fetch.h"

namespace edgebench::controller {
namespace {

using JobsByDevice = std::map<std::pair<std::string, std::string>, std::vector<db::SubmittedJob>>;

template <typename T>
void Append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Someone waits for these: no patience. A result with its samples is some 100 KB.
RetryPolicy Hurried() { return {2, absl::Milliseconds(100), absl::Milliseconds(100)}; }
constexpr absl::Duration kCallTimeout = absl::Seconds(5);

bool IsGone(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

bool IsPending(const db::SubmittedJob& job) { return job.status == "pending"; }

// Results to fetch, and results whose acknowledgement did not get through.
absl::StatusOr<std::vector<db::SubmittedJob>> UnsettledJobs(SharedStore& store) {
  return store.Use([](db::ResultStore& results) -> absl::StatusOr<std::vector<db::SubmittedJob>> {
    EDGEBENCH_ASSIGN_OR_RETURN(auto jobs, results.PendingJobs());
    EDGEBENCH_ASSIGN_OR_RETURN(auto unacknowledged, results.UnacknowledgedJobs());
    Append(jobs, std::move(unacknowledged));
    return jobs;
  });
}

std::string DoesNotAnswer(const db::Device& device, int64_t pending) {
  return absl::StrCat(DeviceLabel(device), " does not answer; ", pending,
                      pending == 1 ? " result is" : " results are", " still to be fetched from it");
}

// An error when the device went away, and need not be asked for more.
absl::Status CollectJob(AgentClient& client, SharedStore& store, const db::SubmittedJob& job,
                        Collected& collected) {
  const absl::StatusOr<v1::Job> known = client.GetJob(job.job_id);
  if (absl::IsNotFound(known.status())) {
    // Another controller may be about to submit it.
    if (absl::Now() - job.submitted_time < kSubmissionMayTake) {
      collected.unfinished.push_back(job.job_id);
      return absl::OkStatus();
    }
    store.Use([&](db::ResultStore& results) { return results.MarkLost(job.job_id); }).IgnoreError();
    collected.warnings.push_back(
        absl::StrCat(job.device, " no longer knows job ", job.job_id,
                     "; it is marked as lost. When the agent that ran it answers there again: "
                     "edgebench job watch ",
                     job.job_id));
    return absl::OkStatus();
  }
  if (!known.ok() || !IsFinal(known->state())) {
    collected.unfinished.push_back(job.job_id);
    return IsGone(known.status()) ? known.status() : absl::OkStatus();
  }
  auto fetched = FetchResult(client, store, job, Hurried());
  if (!fetched.ok()) {
    if (IsGone(fetched.status())) return fetched.status();
    collected.warnings.push_back(absl::StrCat("the result of job ", job.job_id, " stays on ",
                                              job.device, ": ", fetched.status().message(),
                                              "\nFetch it with: edgebench job watch ", job.job_id));
    return absl::OkStatus();
  }
  if (fetched->is_new) collected.stored.push_back(std::move(fetched->measurement));
  return absl::OkStatus();
}

Collected CollectFrom(AgentConnector& connector, SharedStore& store,
                      const std::vector<db::SubmittedJob>& jobs, absl::Duration timeout) {
  Collected collected;
  const db::Device device{jobs.front().device, jobs.front().address, absl::UnixEpoch()};
  const auto client = connector.Connect(device, timeout);
  if (!client.ok()) {
    const auto pending = std::count_if(jobs.begin(), jobs.end(), IsPending);
    if (pending > 0) collected.warnings.push_back(DoesNotAnswer(device, pending));
    return collected;
  }
  (*client)->SetCallTimeout(kCallTimeout);
  for (auto job = jobs.begin(); job != jobs.end(); ++job) {
    if (!IsPending(*job)) {
      if (!Acknowledge(**client, store, job->job_id)) return collected;
    } else if (!CollectJob(**client, store, *job, collected).ok()) {
      collected.warnings.push_back(
          DoesNotAnswer(device, std::count_if(job, jobs.end(), IsPending)));
      return collected;
    }
  }
  return collected;
}

}  // namespace

absl::StatusOr<Collected> CollectPending(AgentConnector& connector, SharedStore& store,
                                         absl::Duration timeout) {
  EDGEBENCH_ASSIGN_OR_RETURN(auto unsettled, UnsettledJobs(store));
  JobsByDevice by_device;
  for (db::SubmittedJob& job : unsettled)
    by_device[{job.device, job.address}].push_back(std::move(job));

  std::vector<Collected> parts(by_device.size());
  std::vector<std::thread> threads;
  for (const auto& [device, jobs] : by_device) {
    Collected& part = parts[threads.size()];
    threads.emplace_back([&connector, &store, &jobs = jobs, &part, timeout] {
      part = CollectFrom(connector, store, jobs, timeout);
    });
  }
  for (std::thread& thread : threads) thread.join();

  Collected all;
  for (Collected& part : parts) {
    Append(all.stored, std::move(part.stored));
    Append(all.unfinished, std::move(part.unfinished));
    Append(all.warnings, std::move(part.warnings));
  }
  return all;
}

}  // namespace edgebench::controller
