#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "edgebench/v1/agent.pb.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// One agent, as its two services offer it: every method is one call, with the
// status codes that proto/edgebench/v1 promises. UNAVAILABLE from any of them
// means that the agent cannot be reached or went away in the middle, and
// DEADLINE_EXCEEDED that it did not answer in time. Trying again is the
// caller's business (follow.h, transfer.h). Thread-safe.
class AgentClient {
 public:
  virtual ~AgentClient() = default;

  // Answers false to stop the watching.
  using OnEvent = std::function<bool(const v1::JobEvent&)>;
  using OnSent = std::function<void(int64_t bytes)>;
  using OnChunk = std::function<absl::Status(absl::string_view)>;

  // How long each of the calls below that answer once may take; the
  // implementation has a default. Before any of them is made.
  virtual void SetCallTimeout(absl::Duration timeout) = 0;

  virtual absl::StatusOr<v1::Capabilities> GetCapabilities(absl::Duration timeout) = 0;

  virtual absl::StatusOr<v1::Job> SubmitJob(const v1::SubmitJobRequest& request) = 0;
  virtual absl::StatusOr<v1::Job> GetJob(const std::string& job_id) = 0;
  // The newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Job>> ListJobs(int limit) = 0;
  // CANCELLED after StopWatching: who no longer waits for a job's end does not
  // wait for this answer either.
  virtual absl::StatusOr<v1::Job> CancelJob(const std::string& job_id) = 0;
  virtual absl::StatusOr<v1::Job> FinishJobEarly(const std::string& job_id) = 0;
  virtual absl::StatusOr<v1::JobResult> GetJobResult(const std::string& job_id) = 0;
  virtual absl::Status AcknowledgeJobResult(const std::string& job_id) = 0;
  // UNIMPLEMENTED from an agent of API 1.2 or older.
  virtual absl::StatusOr<v1::DiagnoseResponse> Diagnose() = 0;

  // Hands over the events from an offset on. OK when the stream ended after a
  // final state, CANCELLED when on_event answered false or StopWatching was called.
  virtual absl::Status WatchJob(const std::string& job_id, int64_t from_offset,
                                const OnEvent& on_event) = 0;
  // From any thread: ends every WatchJob and CancelJob under way, and all later
  // ones at once.
  virtual void StopWatching() = 0;

  virtual absl::StatusOr<std::vector<v1::Digest>> FindMissingArtifacts(
      const std::vector<v1::Digest>& digests) = 0;
  // How many bytes of an interrupted upload the agent holds.
  virtual absl::StatusOr<int64_t> GetCommittedBytes(const v1::Digest& digest) = 0;
  // Sends the file from an offset on, and tells now and then how much of the
  // whole is sent. FAILED_PRECONDITION when it cannot be read, CANCELLED after
  // StopTransfers.
  virtual absl::Status UploadArtifact(const v1::Digest& digest, const std::string& path,
                                      int64_t offset, const OnSent& on_sent) = 0;
  // An error that on_chunk answers ends the call and is returned; CANCELLED
  // after StopTransfers.
  virtual absl::Status DownloadArtifact(const v1::Digest& digest, int64_t offset,
                                        const OnChunk& on_chunk) = 0;
  // From any thread: ends every upload and download under way, and all later
  // ones at once.
  virtual void StopTransfers() = 0;
};

}  // namespace edgebench::controller
