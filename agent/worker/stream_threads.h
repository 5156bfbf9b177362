#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "agent/worker/model_runner.h"

namespace edgebench::worker {

using InferenceStreams = std::vector<std::unique_ptr<InferenceStream>>;

// Streams of a prepared model; as NewStream.
absl::StatusOr<InferenceStreams> MakeStreams(ModelRunner& runner, int count);

// What the thread of a stream does; `stop` becomes true when another one has failed.
using StreamBody =
    std::function<absl::Status(size_t index, InferenceStream&, const std::atomic<bool>& stop)>;

// Gives each stream a thread of its own, and returns when all bodies have. What a body throws
// becomes a status. `while_running` is called a few times a second meanwhile.
// The first failure, else OK.
absl::Status RunStreams(const InferenceStreams& streams, const StreamBody& body,
                        const std::function<void()>& while_running);

}  // namespace edgebench::worker
