#pragma once

#include <cstddef>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/file.h"

namespace edgebench::agent {

// Reads a pipe to its end on a thread of its own, so that the writer never
// blocks, and keeps the last bytes. Thread-safe.
class LogTail {
 public:
  LogTail(UniqueFd pipe, size_t capacity);
  // Waits for the end of the pipe.
  ~LogTail();

  // Blocks until every writer has closed the pipe.
  void WaitForEnd();

  // The last `capacity` bytes so far, from the start of a line where one is in them.
  std::string Text() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void ReadToEnd();
  void Append(absl::string_view bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  const UniqueFd pipe_;
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  bool truncated_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread reader_;
};

}  // namespace edgebench::agent
