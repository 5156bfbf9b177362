#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "agent/memory_meter.h"
#include "agent/process_launcher.h"
#include "agent/telemetry/channel_source.h"
#include "common/file.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::agent {

// The inside of a fake process: what a script can do.
class FakeChild {
 public:
  FakeChild(UniqueFd requests, UniqueFd messages)
      : requests_(std::move(requests)), messages_(std::move(messages)) {}

  int request_fd() const { return requests_.get(); }
  int message_fd() const { return messages_.get(); }

  // False at the end of the requests, and when it was killed.
  bool Read(v1::WorkerRequest* request);
  void Send(const v1::WorkerMessage& message);
  void Log(absl::string_view text) ABSL_LOCKS_EXCLUDED(mutex_);

  // Blocks until it is killed or its requests end.
  void Hang();

  int64_t memory_limit() const { return memory_limit_; }

 private:
  friend class FakeProcess;
  void Cut();  // as when a process is gone: nothing is read or written any more

  const UniqueFd requests_, messages_;
  std::atomic<bool> killed_ = false;
  std::atomic<int64_t> memory_limit_ = 0;
  mutable absl::Mutex mutex_;
  std::string log_ ABSL_GUARDED_BY(mutex_);
};

// What a fake process does, on a thread of its own, and how it ends.
using FakeScript = std::function<ExitStatus(FakeChild&, const std::vector<std::string>& argv)>;

inline ExitStatus ExitsWith(int code) { return {.code = code, .signal = {}, .peak_rss_bytes = {}}; }
inline ExitStatus DiesOf(int signal) {
  return {.code = {}, .signal = signal, .peak_rss_bytes = {}};
}

// Starts threads instead of processes. argv[1] chooses the script ("" without
// one); an argv[0] that is marked as missing does not start. Thread-safe.
class FakeProcessLauncher final : public ProcessLauncher {
 public:
  FakeProcessLauncher();

  void Define(const std::string& name, FakeScript script) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetMissing(const std::string& program) ABSL_LOCKS_EXCLUDED(mutex_);
  int launches() const { return launches_; }

  absl::StatusOr<std::unique_ptr<Process>> Launch(
      const std::vector<std::string>& argv, const std::vector<std::string>& environment) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // What the newest child was given.
  std::vector<std::string> last_environment() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return last_environment_;
  }

 private:
  std::atomic<int> launches_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<std::string> last_environment_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, FakeScript> scripts_ ABSL_GUARDED_BY(mutex_);
  std::string missing_ ABSL_GUARDED_BY(mutex_);
};

// A worker that answers Describe with `description`, and RunJob with `run`,
// whose end is the worker's.
using FakeJob = std::function<ExitStatus(FakeChild&, const v1::WorkerRequest::RunJob&)>;
FakeScript FakeWorker(v1::WorkerMessage::Description description, FakeJob run);

// Messages of a worker.
v1::WorkerMessage StageMessage(v1::Stage stage);
v1::WorkerMessage ResultMessage(v1::Outcome outcome);

// For jobs that nobody watches.
inline std::vector<std::unique_ptr<ChannelSource>> NoChannels(pid_t) { return {}; }

// Every process uses what the test says.
class FakeMemoryMeter final : public MemoryMeter {
 public:
  std::optional<MemoryUse> Read(pid_t) override { return MemoryUse{now_, mark_}; }
  void ResetMark(pid_t) override {
    if (resets_) mark_ = now_.load();
  }

  void SetNow(int64_t bytes) { now_ = bytes; }
  // What a peak leaves that is over when somebody looks.
  void SetMark(int64_t bytes) { mark_ = bytes; }
  void ForbidReset() { resets_ = false; }

 private:
  std::atomic<bool> resets_ = true;
  std::atomic<int64_t> now_ = 1000;
  std::atomic<int64_t> mark_ = 1000;
};

}  // namespace edgebench::agent
