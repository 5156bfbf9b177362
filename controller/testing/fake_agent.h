#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "controller/agent_client.h"

namespace edgebench::controller {

// An agent in memory, with the codes and states that proto/edgebench/v1
// promises. A job runs the moment it is submitted, unless it is held; its
// result is what the script says. Thread-safe.
class FakeAgent {
 public:
  using Script = std::function<v1::JobResult(const v1::JobSettings&)>;

  FakeAgent();

  // Every job is ok and has three samples, unless a script says otherwise.
  void SetScript(Script script) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetCapabilities(const v1::Capabilities& capabilities) ABSL_LOCKS_EXCLUDED(mutex_);
  v1::Capabilities capabilities() ABSL_LOCKS_EXCLUDED(mutex_);
  // What a diagnosis finds; nothing, unless this says otherwise. The time is now.
  void SetDiagnosis(absl::StatusOr<v1::DiagnoseResponse> diagnosis) ABSL_LOCKS_EXCLUDED(mutex_);

  // Jobs submitted from now on stay RUNNING until they are released.
  void HoldJobs() ABSL_LOCKS_EXCLUDED(mutex_);
  void ReleaseJobs() ABSL_LOCKS_EXCLUDED(mutex_);

  // What the network may do.
  void SetReachable(bool reachable) ABSL_LOCKS_EXCLUDED(mutex_);
  // The next watch breaks with UNAVAILABLE after so many events.
  void BreakNextWatchAfter(int events) ABSL_LOCKS_EXCLUDED(mutex_);
  // The next upload or download breaks after so many bytes.
  void BreakNextTransferAfter(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // What else happens on this machine while the next download is under way.
  void DuringNextDownload(std::function<void()> happens) ABSL_LOCKS_EXCLUDED(mutex_);
  // Cancellations get no answer any more: each waits until its client stops
  // watching, or is late after a minute.
  void IgnoreCancellations() ABSL_LOCKS_EXCLUDED(mutex_);

  void PutArtifact(const std::string& content) ABSL_LOCKS_EXCLUDED(mutex_);
  void ForgetJobs() ABSL_LOCKS_EXCLUDED(mutex_);

  // What has happened.
  std::vector<std::string> submitted_labels() ABSL_LOCKS_EXCLUDED(mutex_);
  bool is_acknowledged(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string any_job_id() ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t received_bytes() ABSL_LOCKS_EXCLUDED(mutex_);
  // Cancellations that were waited for in vain, to their deadline.
  int late_cancellations() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class FakeAgentClient;

  struct Job {
    v1::Job job;
    v1::JobResult result;
    std::vector<v1::JobEvent> events;
    bool acknowledged = false;
  };

  absl::Status CheckReachable() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool Lacks(const v1::Digest& artifact) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return artifacts_.count(artifact.sha256()) == 0;
  }
  absl::StatusOr<Job*> Find(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Begin(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::JobEvent& AddEvent(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddState(Job& job, v1::JobState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  Script script_ ABSL_GUARDED_BY(mutex_);
  v1::Capabilities capabilities_ ABSL_GUARDED_BY(mutex_);
  absl::StatusOr<v1::DiagnoseResponse> diagnosis_ ABSL_GUARDED_BY(mutex_) = v1::DiagnoseResponse();
  std::map<std::string, Job> jobs_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> order_ ABSL_GUARDED_BY(mutex_);  // ids, as submitted
  std::map<std::string, std::string> artifacts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> partial_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  int break_watch_after_ ABSL_GUARDED_BY(mutex_) = -1;
  int64_t break_transfer_after_ ABSL_GUARDED_BY(mutex_) = -1;
  std::function<void()> during_download_ ABSL_GUARDED_BY(mutex_);
  bool ignores_cancellations_ ABSL_GUARDED_BY(mutex_) = false;
  int late_cancellations_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t received_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A client of it; there may be several.
std::unique_ptr<AgentClient> NewFakeAgentClient(FakeAgent& agent);

// An ok result with samples around a median, as a real agent completes it.
v1::JobResult MakeResult(const v1::JobSettings& settings, const std::vector<int64_t>& samples_ns);

}  // namespace edgebench::controller
