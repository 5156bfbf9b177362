#include "agent/worker/worker_loop.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "agent/worker/harness.h"
#include "agent/worker/parent_watch.h"
#include "common/framing.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::worker {
namespace {

// Enough for a result without samples, and a message.
constexpr size_t kReserveBytes = 1 << 20;

absl::Status RunJob(const v1::WorkerRequest::RunJob& job, Backend& backend,
                    const WorkerChannels& channels, const WorkerEnvironment& environment,
                    const std::atomic<bool>& finish_requested, std::unique_ptr<char[]>& reserve) {
  if (job.settings().huge_pages() == v1::HUGE_PAGES_OFF) ProcessMemory::DisableHugePages();
  absl::Status sent;
  const auto send = [&](v1::WorkerMessage message) {
    MakeTextValid(message);  // a model's or a library's words may be any bytes
    sent.Update(WriteFrame(channels.messages, message));
  };
  Harness harness(
      environment.clock, environment.memory, send, environment.startup,
      [&] { return finish_requested.load(); }, [&] { reserve.reset(); });
  const std::unique_ptr<ModelRunner> runner = backend.NewRunner();
  v1::WorkerMessage message;
  *message.mutable_result() = harness.Run(job, *runner);
  send(std::move(message));
  return sent;
}

}  // namespace

absl::Status RunWorker(Backend& backend, const WorkerChannels& channels,
                       const WorkerEnvironment& environment) {
  std::atomic<bool> finish_requested = false;
  // From before the job's limit.
  auto reserve = std::make_unique<char[]>(kReserveBytes);
  ParentWatch watch(channels.requests, environment.on_parent_gone,
                    [&](const v1::WorkerRequest& request) {
                      if (request.has_finish_early()) finish_requested = true;
                    });
  v1::WorkerMessage ready;
  ready.set_ready(true);
  EDGEBENCH_RETURN_IF_ERROR(WriteFrame(channels.messages, ready));
  while (true) {
    v1::WorkerRequest request;
    const absl::Status read = ReadFrame(channels.requests, &request);
    if (absl::IsOutOfRange(read)) return absl::OkStatus();
    EDGEBENCH_RETURN_IF_ERROR(read);
    if (request.has_run_job()) {
      watch.Begin();
      return RunJob(request.run_job(), backend, channels, environment, finish_requested, reserve);
    }
    if (request.has_finish_early()) continue;  // there is nothing to finish yet
    if (!request.has_describe()) return absl::DataLossError("a request of an unknown kind");
    v1::WorkerMessage message;
    *message.mutable_description() = backend.Describe();
    EDGEBENCH_RETURN_IF_ERROR(WriteFrame(channels.messages, message));
  }
}

}  // namespace edgebench::worker
