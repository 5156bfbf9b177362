#include "agent/telemetry/conditions.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/control_groups.h"
#include "agent/kernel_files.h"
#include "agent/telemetry/temperature.h"
#include "common/file.h"
#include "common/proc_text.h"

namespace edgebench::agent {
namespace {

struct BitName {
  int64_t bit;
  const char* name;
};
constexpr BitName kFirmwareBits[] = {{kUnderVoltageNow, "under-voltage"},
                                     {kFrequencyCappedNow, "frequency capped"},
                                     {kThrottledNow, "throttled"},
                                     {kSoftTemperatureLimitNow, "soft temperature limit"}};

void ReadLoad(const std::string& root, v1::Conditions& conditions) {
  const std::vector<std::string> words = absl::StrSplit(ReadTrimmed(root + "/proc/loadavg"), ' ');
  double load_1 = 0, load_5 = 0, load_15 = 0;
  if (words.size() < 3 || !absl::SimpleAtod(words[0], &load_1) ||
      !absl::SimpleAtod(words[1], &load_5) || !absl::SimpleAtod(words[2], &load_15)) {
    return;
  }
  conditions.set_load_1(load_1);
  conditions.set_load_5(load_5);
  conditions.set_load_15(load_15);
}

void ReadTemperature(const std::string& root, v1::Conditions& conditions) {
  Thermometer thermometer(root);
  const std::optional<double> celsius = thermometer.Celsius();
  if (!celsius) return;
  conditions.set_temperature_celsius(*celsius);
  conditions.set_temperature_source(thermometer.source());
  if (thermometer.trip_celsius()) conditions.set_trip_celsius(*thermometer.trip_celsius());
}

// The sum over all processors, of one counter of each.
std::optional<int64_t> SumOfThrottles(const std::string& root, const char* counter) {
  std::optional<int64_t> sum;
  for (const std::string& cpu : NumberedEntries(root + "/sys/devices/system/cpu", "cpu")) {
    const auto count = ReadInteger(absl::StrCat(cpu, "/thermal_throttle/", counter));
    if (count) sum = sum.value_or(0) + *count;
  }
  return sum;
}

// The node is called "soc", and "soc@107c000000" on the Raspberry Pi 5.
std::optional<int64_t> FirmwareThrottled(const std::string& root) {
  std::error_code error;
  std::filesystem::directory_iterator entry(root + "/sys/devices/platform", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int64_t bits = 0;
    if (absl::StartsWith(name, "soc") &&
        absl::SimpleHexAtoi(
            ReadTrimmed(absl::StrCat(entry->path().string(), "/", name, ":firmware/get_throttled")),
            &bits)) {
      return bits;
    }
  }
  return std::nullopt;
}

void ReadThrottling(const std::string& root, v1::Conditions& conditions) {
  if (const auto bits = FirmwareThrottled(root)) conditions.set_firmware_throttled(*bits);
  if (const auto count = SumOfThrottles(root, "core_throttle_count"))
    conditions.set_core_throttles(*count);
  if (const auto count = SumOfThrottles(root, "package_throttle_count"))
    conditions.set_package_throttles(*count);
  if (const auto count = ControlGroupCpuThrottles(root)) conditions.set_quota_throttles(*count);
}

void ReadMemory(const std::string& root, v1::Conditions& conditions) {
  const std::string meminfo = ReadFile(root + "/proc/meminfo").value_or("");
  if (const auto available = ProcBytes(meminfo, "MemAvailable:"))
    conditions.set_memory_available_bytes(*available);
  const auto total = ProcBytes(meminfo, "SwapTotal:");
  const auto free = ProcBytes(meminfo, "SwapFree:");
  if (total && free) conditions.set_swap_used_bytes(*total - *free);
}

}  // namespace

v1::Conditions ReadConditions(const std::string& root) {
  v1::Conditions conditions;
  ReadLoad(root, conditions);
  ReadTemperature(root, conditions);
  ReadThrottling(root, conditions);
  ReadMemory(root, conditions);
  return conditions;
}

std::string FirmwareThrottleText(int64_t bits) {
  std::vector<std::string> names;
  for (const BitName& known : kFirmwareBits)
    if ((bits & known.bit) != 0) names.emplace_back(known.name);
  return absl::StrJoin(names, ", ");
}

}  // namespace edgebench::agent
