#pragma once

#include <deque>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "agent/artifact_store.h"

namespace edgebench::agent {

// Appends chunks to an upload on a thread of its own, so that hashing and
// writing one chunk overlaps with receiving the next. Used by one thread.
class UploadWriter {
 public:
  // The upload must outlive the writer.
  explicit UploadWriter(ArtifactStore::Upload& upload);
  // Waits for what was pushed.
  ~UploadWriter();

  // Blocks while many chunks wait. False once an append has failed: there is
  // no point in receiving more.
  bool Push(std::string chunk) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until everything is appended; the first error of Upload::Append.
  absl::Status Drain() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasRoom() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  ArtifactStore::Upload& upload_;
  absl::Mutex mutex_;
  std::deque<std::string> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool complete_ ABSL_GUARDED_BY(mutex_) = false;  // no more is pushed
  std::thread thread_;
};

}  // namespace edgebench::agent
