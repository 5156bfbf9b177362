#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/polled_file.h"
#include "agent/telemetry/rate.h"
#include "edgebench/v1/telemetry.pb.h"

namespace edgebench::agent {

// Time that processors and one process have spent since they started, in ticks of the
// clock (sysconf(_SC_CLK_TCK), most often 100 per second): proc(5), /proc/stat and
// /proc/PID/stat.
struct CpuTimes {
  int64_t at_nanos = 0;                // Clock::NowNanos
  int32_t cores = 0;                   // processors that were added up
  std::optional<int64_t> busy_ticks;   // user, nice, system, irq, softirq
  std::optional<int64_t> total_ticks;  // those, idle, iowait and steal
  std::optional<int64_t> steal_ticks;
  std::optional<int64_t> worker_ticks;  // of all its threads, those that ended too
};

// The processors of `cpus`, or all when it is empty, and the worker's own time. Pure.
CpuTimes ParseCpuTimes(int64_t now_nanos, absl::string_view stat, absl::string_view worker_stat,
                       const std::vector<int>& cpus);

// What happened between two moments. Unset is what one of the two does not know, what
// went backwards, and everything where the kernel counts no time at all.
v1::CpuUse UseBetween(const CpuTimes& before, const CpuTimes& after, int64_t ticks_per_second);

// Takes CpuTimes of the processors that one worker may use.
class CpuTimeReader {
 public:
  CpuTimeReader(const std::string& root, pid_t worker);
  CpuTimes Read(int64_t now_nanos);

 private:
  const std::vector<int> cpus_;
  PolledFile stat_;
  PolledFile worker_stat_;
};

// CpuUse since the row before, in cores: "cpu worker", "cpu others", "cpu stolen".
class CpuChannels final : public ChannelSource {
 public:
  CpuChannels(const std::string& root, pid_t worker);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  CpuTimeReader reader_;
  const int64_t ticks_per_second_;
  std::optional<CpuTimes> last_;
  std::vector<Channel> channels_;
};

// The time that processes waited for a processor although they could run, as a share:
// "cpu pressure", from the total of "some" in /proc/pressure/cpu (kernel documentation,
// accounting/psi.rst). No channel where the kernel has no pressure stall information.
class PressureChannel final : public ChannelSource {
 public:
  explicit PressureChannel(const std::string& root);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  std::optional<int64_t> StalledMicros();

  PolledFile file_;
  Rate rate_;
  std::vector<Channel> channels_;
};

}  // namespace edgebench::agent
