#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/polled_file.h"
#include "agent/telemetry/rate.h"

namespace edgebench::agent {

// What the kernel does to the worker, per second (proc(5)):
//   page faults            pages that had to be read from a disk, all threads
//   switches voluntary     of the main thread, which is the one that is timed: it waited
//   switches involuntary   of the main thread: another process was given its processor
class ProcessChannels final : public ChannelSource {
 public:
  ProcessChannels(const std::string& root, pid_t worker);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  PolledFile stat_, status_;
  Rate faults_, voluntary_, involuntary_;
  std::vector<Channel> channels_;
};

}  // namespace edgebench::agent
