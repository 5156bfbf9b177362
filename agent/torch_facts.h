#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/job_guard.h"
#include "agent/memory_meter.h"
#include "agent/worker_pool.h"
#include "common/clock.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::agent {

// What a worker says LibTorch can do here. A worker is asked once; the answer
// is kept in a file until one of the files it came from changes: the worker,
// LibTorch, the BLAS library or what the alternatives system makes of it.
// Thread-safe.
class TorchFacts {
 public:
  struct Options {
    std::string cache_path;
    std::string root;  // before /proc and /etc, for tests
  };
  // All must outlive this.
  TorchFacts(WorkerPool& pool, MemoryMeter& memory, Clock& clock, Options options);

  // May take seconds. While a worker is in use the last answer is given, however
  // old: asking would disturb what is being measured. Errors: of
  // WorkerPool::TakeNew; INTERNAL when the worker ended without an answer, with the
  // end of its log; UNAVAILABLE after Stop.
  absl::StatusOr<v1::WorkerMessage::Description> Get() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends a worker that is being asked now; none is asked any more.
  void Stop() { control_.RequestStop(StopReason::kShutdown); }

 private:
  // A file by which a change shows.
  struct Stamp {
    std::string path;
    int64_t bytes = 0;
    int64_t mtime_nanos = 0;
    bool operator==(const Stamp& other) const {
      return path == other.path && bytes == other.bytes && mtime_nanos == other.mtime_nanos;
    }
  };
  struct Answer {
    std::vector<Stamp> stamps;
    v1::WorkerMessage::Description description;
  };

  static Stamp StampOf(const std::string& path);
  static bool IsCurrent(const Answer& answer);
  absl::StatusOr<Answer> AskWorker();
  std::vector<Stamp> StampsOfLibraries(pid_t pid) const;
  std::optional<Answer> Load() const;
  void Store(const Answer& answer) const;

  WorkerPool& pool_;
  MemoryMeter& memory_;
  Clock& clock_;
  const Options options_;
  JobControl control_;
  absl::Mutex mutex_;
  std::optional<Answer> answer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edgebench::agent
