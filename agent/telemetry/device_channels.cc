#include "agent/telemetry/device_channels.h"

#include <utility>

#include "agent/telemetry/clock_channels.h"
#include "agent/telemetry/cpu_time.h"
#include "agent/telemetry/memory_channels.h"
#include "agent/telemetry/process_channels.h"
#include "agent/telemetry/temperature.h"

namespace edgebench::agent {

std::vector<std::unique_ptr<ChannelSource>> DeviceChannels(const std::string& root, pid_t worker) {
  std::vector<std::unique_ptr<ChannelSource>> sources;
  const auto add = [&](std::unique_ptr<ChannelSource> source) {
    if (!source->channels().empty()) sources.push_back(std::move(source));
  };
  add(std::make_unique<ClockChannels>(root));
  add(std::make_unique<TemperatureChannel>(root));
  add(std::make_unique<CpuChannels>(root, worker));
  add(std::make_unique<PressureChannel>(root));
  add(std::make_unique<MemoryChannels>(root));
  add(std::make_unique<ProcessChannels>(root, worker));
  return sources;
}

}  // namespace edgebench::agent
