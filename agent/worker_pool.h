#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/process_launcher.h"
#include "common/clock.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::agent {

// A worker process and the messages it speaks.
class Worker {
 public:
  explicit Worker(std::unique_ptr<Process> process) : process_(std::move(process)) {}

  Process& process() { return *process_; }
  // Errors of WriteFrame and ReadFrame. One may send while another receives.
  absl::Status Send(const v1::WorkerRequest& request);
  absl::Status Receive(v1::WorkerMessage* message);

  // Blocks until it has loaded LibTorch and waits for requests. UNAVAILABLE
  // when it ends before that.
  absl::Status AwaitReady();

  // True for one that was started ahead and waited.
  bool warm() const { return warm_; }
  void set_warm() { warm_ = true; }

 private:
  friend class WorkerPool;
  std::unique_ptr<Process> process_;
  bool ready_ = false;
  bool warm_ = false;
  std::shared_ptr<const void> lease_;  // held while somebody uses this worker
};

// Starts workers, and keeps at most one that has not run a job: started ahead,
// it has LibTorch loaded when the next job comes. Thread-safe.
class WorkerPool {
 public:
  struct Options {
    std::string worker_path;
    absl::Duration keep = absl::Minutes(5);  // 0: never keep one
  };
  // Launcher and clock must outlive the pool.
  WorkerPool(ProcessLauncher& launcher, Clock& clock, Options options);

  // The kept worker, or a new one. Errors of ProcessLauncher::Launch, which
  // name the program and the flag that chooses it.
  absl::StatusOr<std::unique_ptr<Worker>> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  // `environment` as ProcessLauncher::Launch has it.
  absl::StatusOr<std::unique_ptr<Worker>> TakeNew(const std::vector<std::string>& environment = {});

  // Whether somebody has taken a worker and has it still. A second one beside it
  // would spoil what it measures.
  bool InUse() const { return lease_.use_count() > 1; }

  // Starts one ahead unless one is kept. Called when the device is not measuring.
  absl::Status Prepare() ABSL_LOCKS_EXCLUDED(mutex_);
  // Gives back one that has not run a job.
  void Keep(std::unique_ptr<Worker> worker) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends a kept worker whose time is over; the time until that of one that stays.
  absl::Duration EndExpired() ABSL_LOCKS_EXCLUDED(mutex_);
  void EndKept() ABSL_LOCKS_EXCLUDED(mutex_);

  // `callback` is called when a worker is kept: EndExpired is due later. To be
  // set before any other thread knows the pool.
  void OnKeep(std::function<void()> callback) { on_keep_ = std::move(callback); }

  const std::string& worker_path() const { return options_.worker_path; }

 private:
  ProcessLauncher& launcher_;
  Clock& clock_;
  const Options options_;
  std::function<void()> on_keep_;
  const std::shared_ptr<const void> lease_ = std::make_shared<int>();  // copied for each user
  absl::Mutex mutex_;
  std::unique_ptr<Worker> kept_ ABSL_GUARDED_BY(mutex_);
  int64_t expiry_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace edgebench::agent
