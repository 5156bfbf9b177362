#include "agent/telemetry/clock_channels.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "agent/kernel_files.h"

namespace edgebench::agent {
namespace {

constexpr double kHertzPerKilohertz = 1000;

}  // namespace

ClockChannels::ClockChannels(const std::string& root) {
  const std::string folder = root + "/sys/devices/system/cpu/cpufreq";
  for (const std::string& policy : NumberedEntries(folder, "policy")) {
    PolledFile file(policy + "/scaling_cur_freq");
    if (file.ReadInteger()) policies_.push_back(std::move(file));
  }
  if (policies_.empty()) return;
  const std::string source =
      absl::StrCat("scaling_cur_freq of ", policies_.size(),
                   policies_.size() == 1 ? " cpufreq policy" : " cpufreq policies");
  for (const char* name : {kClockMax, "clock mean", "clock min"}) {
    channels_.push_back({name, "Hz", source});
  }
}

void ClockChannels::Read(int64_t, std::span<double> values) {
  if (channels_.empty()) return;
  double sum = 0, most = 0, least = 0;
  int count = 0;
  for (PolledFile& policy : policies_) {
    const auto kilohertz = policy.ReadInteger();
    if (!kilohertz || *kilohertz <= 0) continue;
    const double hertz = static_cast<double>(*kilohertz) * kHertzPerKilohertz;
    sum += hertz;
    most = std::max(most, hertz);
    least = count == 0 ? hertz : std::min(least, hertz);
    ++count;
  }
  values[0] = count > 0 ? most : kUnread;
  values[1] = count > 0 ? sum / count : kUnread;
  values[2] = count > 0 ? least : kUnread;
}

}  // namespace edgebench::agent
