#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace edgebench::agent {

// Could not be read at that moment.
inline constexpr double kUnread = std::numeric_limits<double>::quiet_NaN();

// One or more quantities of the device that are read together, many times. What a device
// does not have is no channel: a source of it has none. Used by one thread at a time.
class ChannelSource {
 public:
  struct Channel {
    std::string name;    // "clock max"
    std::string unit;    // "Hz"
    std::string source;  // the file or device that says so
  };

  virtual ~ChannelSource() = default;

  // The same at every call.
  virtual const std::vector<Channel>& channels() const = 0;

  // Writes one value for each channel, kUnread where there is none. `now_nanos` is
  // Clock::NowNanos. Called while a model is measured: a few microseconds, and no
  // allocation where that can be avoided.
  virtual void Read(int64_t now_nanos, std::span<double> values) = 0;
};

}  // namespace edgebench::agent
