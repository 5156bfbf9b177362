#pragma once

#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/polled_file.h"

namespace edgebench::agent {

// The clocks of the processors in Hz, by cpufreq's scaling_cur_freq (kernel documentation,
// admin-guide/pm/cpufreq.rst), one file for each policy: the processors that share a clock.
//   clock max   the fastest policy: where something computes
//   clock mean  over all policies
//   clock min
// Without cpufreq, as in most virtual machines, there is no channel.
class ClockChannels final : public ChannelSource {
 public:
  explicit ClockChannels(const std::string& root);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  std::vector<PolledFile> policies_;
  std::vector<Channel> channels_;
};

// Names that the verdict looks for.
inline constexpr char kClockMax[] = "clock max";

}  // namespace edgebench::agent
