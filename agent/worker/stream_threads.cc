#include "agent/worker/stream_threads.h"

#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr absl::Duration kReportInterval = absl::Milliseconds(200);

absl::Status RunBody(const StreamBody& body, size_t index, InferenceStream& stream,
                     const std::atomic<bool>& stop) {
  try {
    return body(index, stream, stop);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("an allocation failed");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace

absl::StatusOr<InferenceStreams> MakeStreams(ModelRunner& runner, int count) {
  InferenceStreams streams;
  for (int i = 0; i < count; ++i) {
    EDGEBENCH_ASSIGN_OR_RETURN(auto stream, runner.NewStream());
    streams.push_back(std::move(stream));
  }
  return streams;
}

absl::Status RunStreams(const InferenceStreams& streams, const StreamBody& body,
                        const std::function<void()>& while_running) {
  std::atomic<bool> stop = false;
  std::atomic<size_t> running = streams.size();
  absl::Notification all_done;
  absl::Mutex mutex;
  absl::Status first_failure;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < streams.size(); ++i) {
    threads.emplace_back([&, i] {
      const absl::Status status = RunBody(body, i, *streams[i], stop);
      if (!status.ok()) {
        stop = true;
        absl::MutexLock lock(&mutex);
        first_failure.Update(status);
      }
      if (--running == 0) all_done.Notify();
    });
  }
  while (!all_done.WaitForNotificationWithTimeout(kReportInterval)) while_running();
  for (std::thread& thread : threads) thread.join();
  return first_failure;
}

}  // namespace edgebench::worker
