#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/job_executor.h"
#include "agent/job_guard.h"
#include "agent/wakeup.h"
#include "agent/worker_pool.h"
#include "common/clock.h"
#include "db/job_journal.h"
#include "edgebench/v1/agent.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::agent {

// The jobs of this agent: at most one runs, the others wait in the order they
// came. All of it lies in the journal, so a job that was accepted survives the
// daemon. Codes of the methods are those of AgentService. Thread-safe.
class JobQueue {
 public:
  struct Options {
    int64_t max_queued = 1000;
  };
  // All must outlive the queue.
  struct Dependencies {
    db::JobJournal& journal;
    JobExecutor& executor;
    WorkerPool& pool;
    Clock& clock;
  };

  JobQueue(Dependencies dependencies, Options options);
  // Stops at once.
  ~JobQueue();

  // Records jobs that an earlier process left running as interrupted, and
  // begins with those that wait. All else may be called before.
  absl::Status Start();

  using Normalize = std::function<absl::StatusOr<v1::JobSettings>(const v1::JobSettings&)>;
  // Normalizes the settings and writes the job to the journal. The same id with
  // the same settings is the same job, whatever the device has become since.
  absl::StatusOr<v1::Job> Submit(const v1::SubmitJobRequest& request, const Normalize& normalize)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::Job> Cancel(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::Job> FinishEarly(const std::string& job_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Passes every event from an offset on to `sink`, as they come, until the
  // job has ended. CANCELLED when sink answers false or `gone` true;
  // UNAVAILABLE when the agent stops first.
  absl::Status Watch(const std::string& job_id, int64_t from_offset,
                     const std::function<bool(const v1::JobEvent&)>& sink,
                     const std::function<bool()>& gone) ABSL_LOCKS_EXCLUDED(mutex_);

  // Stopping, step by step: takes no more jobs and begins none; those that wait
  // stay in the journal. The running one goes on.
  void BeginStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Readable for poll(2) when after BeginStop nothing runs any more.
  int ended_fd() const { return ended_.fd(); }
  // Ends the running job as interrupted, and waits for that.
  void EndNow() ABSL_LOCKS_EXCLUDED(mutex_);

  // False while a job runs or waits.
  bool Idle() ABSL_LOCKS_EXCLUDED(mutex_);

  // Counts what the executing thread and the running job's guard do, and gives
  // the thread something to do. Two equal answers, some time apart, mean that
  // the thread is stuck. For the watchdog.
  std::pair<int64_t, int64_t> Pulse() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  // The next job, marked as running; nullopt when there is none or we stop.
  absl::StatusOr<std::optional<v1::Job>> Begin(JobControl& control) ABSL_LOCKS_EXCLUDED(mutex_);
  void RunJob(const v1::Job& job, JobControl& control) ABSL_LOCKS_EXCLUDED(mutex_);
  // Repeats until the journal has taken the result, or we stop.
  void Record(const std::string& job_id, const v1::JobResult& result) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CancelQueued(const v1::Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JobExecutor::EventSink EventsOf(const std::string& job_id);
  void NoteChange() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Stopping() ABSL_LOCKS_EXCLUDED(mutex_);

  const Dependencies deps_;
  const Options options_;
  Wakeup wakeup_;  // of the executing thread
  Wakeup ended_;   // the executing thread has left its loop

  absl::Mutex submit_mutex_;  // so that no two submissions take the last place in the queue
  absl::Mutex mutex_;
  absl::CondVar changed_;                        // used with mutex_
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;  // counts changes, so that none is missed
  int64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;    // of the executing thread's loops
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::string running_id_ ABSL_GUARDED_BY(mutex_);
  JobControl* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
};

}  // namespace edgebench::agent
