#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "controller/agent_client.h"
#include "controller/retry.h"

namespace edgebench::controller {

// Makes sure that the agent holds a file. Sends nothing when it does, and the
// rest of an interrupted upload otherwise, through lost connections. `on_lost`
// is called after each loss and may bring the agent back; `on_sent` hears how
// much of a file that the agent lacks it has been sent.
//   Codes of ArtifactService.UploadArtifact; DATA_LOSS when the file changed
//   since its digest was taken.
absl::Status EnsureUploaded(
    AgentClient& client, const v1::Digest& digest, const std::string& path,
    const RetryPolicy& policy, const std::function<void()>& on_lost = [] {},
    const AgentClient::OnSent& on_sent = [](int64_t) {});

// Fetches an artifact into a file: written beside it, checked against the
// digest, then renamed. A file with that content counts as fetched, also one
// that came while this was under way.
//   ALREADY_EXISTS       there is another file and `overwrite` is false
//   FAILED_PRECONDITION  the folder of the file is not there
//   NOT_FOUND            the agent no longer has it
//   DATA_LOSS            what arrived does not have the digest
absl::Status FetchArtifact(AgentClient& client, const v1::Digest& digest, const std::string& path,
                           bool overwrite, const RetryPolicy& policy);

}  // namespace edgebench::controller
