#pragma once

#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/polled_file.h"

namespace edgebench::agent {

// /proc/meminfo (proc(5)) of the device, in bytes:
//   memory available  MemAvailable
//   swap used         SwapTotal - SwapFree
class MemoryChannels final : public ChannelSource {
 public:
  explicit MemoryChannels(const std::string& root);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  PolledFile meminfo_;
  std::vector<Channel> channels_;
};

}  // namespace edgebench::agent
