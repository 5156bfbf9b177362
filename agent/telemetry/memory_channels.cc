#include "agent/telemetry/memory_channels.h"

#include "common/proc_text.h"

namespace edgebench::agent {

MemoryChannels::MemoryChannels(const std::string& root) : meminfo_(root + "/proc/meminfo") {
  if (meminfo_.Read().empty()) return;
  channels_ = {{"memory available", "bytes", "/proc/meminfo MemAvailable"},
               {"swap used", "bytes", "/proc/meminfo SwapTotal - SwapFree"}};
}

void MemoryChannels::Read(int64_t, std::span<double> values) {
  if (channels_.empty()) return;
  const absl::string_view text = meminfo_.Read();
  const auto available = ProcBytes(text, "MemAvailable:");
  const auto total = ProcBytes(text, "SwapTotal:");
  const auto free = ProcBytes(text, "SwapFree:");
  values[0] = available ? static_cast<double>(*available) : kUnread;
  values[1] = total && free ? static_cast<double>(*total - *free) : kUnread;
}

}  // namespace edgebench::agent
