#pragma once

#include "absl/status/statusor.h"
#include "controller/agent_client.h"
#include "controller/retry.h"
#include "controller/shared_store.h"
#include "db/result_store.h"

namespace edgebench::controller {

struct FetchedResult {
  db::Measurement measurement;
  bool is_new = false;  // false: it had been stored before, by another controller
};

// Takes the result of a job that has ended from the agent into the store, and
// says so to the agent. A quantized model is written to the job's output path
// before that, so that the agent keeps it until it has arrived. Where another
// controller was faster, its stored measurement is answered.
//   NOT_FOUND            neither the agent nor the store has the result, or the
//                        agent has dropped the model
//   ALREADY_EXISTS       there is another output file, which the job does not overwrite
//   FAILED_PRECONDITION  the folder of the output file is not there
absl::StatusOr<FetchedResult> FetchResult(AgentClient& client, SharedStore& store,
                                          const db::SubmittedJob& job, const RetryPolicy& policy);

// Tells the agent that the result is stored, and the store that the agent
// knows. Where the line drops in between, the next round of collecting does it.
// False when the agent did not answer.
bool Acknowledge(AgentClient& client, SharedStore& store, const std::string& job_id);

}  // namespace edgebench::controller
