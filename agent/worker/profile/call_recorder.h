#pragma once

#include <cstdint>
#include <vector>

#include "common/clock.h"

namespace edgebench::worker {

// One operator as it ran.
struct RecordedCall {
  const char* function = "";  // "aten::conv2d"; lives as long as the library or the graph
  int64_t start_ns = 0;       // on the recorder's clock
  int64_t end_ns = 0;
  int parent = -1;  // place of the operator that called it; -1: none did
  int depth = 0;    // 0: no operator called it
};

// Time of each call without that of the calls that it made.
std::vector<int64_t> SelfTimes(const std::vector<RecordedCall>& calls);

// Writes down when operators begin and end. Each call costs two readings of the clock
// and, once the storage has grown, no allocation. Not thread-safe.
class CallRecorder {
 public:
  // Not owned; outlives the recorder.
  explicit CallRecorder(Clock& clock) : clock_(clock) {}

  void Enter(const char* function);
  // Of the call that was entered last and has not been left.
  void Leave();
  // Forgets all calls and keeps the storage.
  void Clear();

  // In the order in which they began; complete when each was left.
  const std::vector<RecordedCall>& calls() const { return calls_; }

 private:
  Clock& clock_;
  std::vector<RecordedCall> calls_;
  int open_ = -1;  // the innermost one
};

}  // namespace edgebench::worker
