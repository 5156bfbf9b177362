#pragma once

#include <cstdint>
#include <optional>

#include "agent/telemetry/channel_source.h"

namespace edgebench::agent {

// Turns a counter of the kernel into events per second.
class Rate {
 public:
  // Over less time than this, counters that step every 10 ms say nothing.
  static constexpr int64_t kShortestNanos = 50'000'000;

  // Since the last call that answered, or began. kUnread the first time, too soon, for an
  // unknown count, and when the counter was reset or wrapped.
  double PerSecond(int64_t now_nanos, std::optional<int64_t> count) {
    if (!count) return kUnread;
    if (!began_ || *count < count_) {
      Begin(now_nanos, *count);
      return kUnread;
    }
    const int64_t elapsed = now_nanos - since_nanos_;
    if (elapsed < kShortestNanos) return kUnread;
    const double rate = static_cast<double>(*count - count_) * 1e9 / static_cast<double>(elapsed);
    Begin(now_nanos, *count);
    return rate;
  }

 private:
  void Begin(int64_t now_nanos, int64_t count) {
    began_ = true;
    since_nanos_ = now_nanos;
    count_ = count;
  }

  bool began_ = false;
  int64_t since_nanos_ = 0;
  int64_t count_ = 0;
};

}  // namespace edgebench::agent
