#include "agent/worker/profile/call_recorder.h"

#include <cstddef>

namespace edgebench::worker {

std::vector<int64_t> SelfTimes(const std::vector<RecordedCall>& calls) {
  std::vector<int64_t> times(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const int64_t duration_ns = calls[i].end_ns - calls[i].start_ns;
    times[i] += duration_ns;
    if (calls[i].parent >= 0) times[static_cast<size_t>(calls[i].parent)] -= duration_ns;
  }
  return times;
}

void CallRecorder::Enter(const char* function) {
  RecordedCall call;
  call.function = function;
  call.parent = open_;
  call.depth = open_ < 0 ? 0 : calls_[static_cast<size_t>(open_)].depth + 1;
  open_ = static_cast<int>(calls_.size());
  calls_.push_back(call);
  calls_.back().start_ns = clock_.NowNanos();  // last, so that the storage is not timed
}

void CallRecorder::Leave() {
  const int64_t now_ns = clock_.NowNanos();
  if (open_ < 0) return;  // it began before the recording
  RecordedCall& call = calls_[static_cast<size_t>(open_)];
  call.end_ns = now_ns;
  open_ = call.parent;
}

void CallRecorder::Clear() {
  calls_.clear();
  open_ = -1;
}

}  // namespace edgebench::worker
