#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "controller/agent_client.h"
#include "controller/retry.h"

namespace edgebench::controller {

// Watches a job to its end, through lost connections: what was seen is not
// handed over again. `on_lost` is called after each loss and may bring the
// agent back.
//   CANCELLED    AgentClient::StopWatching was called
//   UNAVAILABLE  the agent stayed away; the job may well go on there
//   NOT_FOUND    the agent has no such job
absl::Status FollowJob(
    AgentClient& client, const std::string& job_id, const RetryPolicy& policy,
    const std::function<void(const v1::JobEvent&)>& on_event,
    const std::function<void()>& on_lost = [] {});

}  // namespace edgebench::controller
