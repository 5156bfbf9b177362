#include "agent/telemetry/temperature.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/kernel_files.h"

namespace edgebench::agent {
namespace {

constexpr double kMillidegrees = 1000;

bool IsPackage(const std::string& type) { return type == "x86_pkg_temp"; }

bool IsCpu(const std::string& type) { return absl::StartsWith(absl::AsciiStrToLower(type), "cpu"); }

bool IsSoc(const std::string& type) { return absl::StartsWith(absl::AsciiStrToLower(type), "soc"); }

bool IsProcessorMonitor(const std::string& name) {
  return name == "coretemp" || name == "k10temp" || name == "zenpower" || name == "cpu_thermal";
}

std::string BaseName(const std::string& path) { return std::filesystem::path(path).filename(); }

}  // namespace

Thermometer::Thermometer(const std::string& root) {
  if (TakeZones(root, IsPackage) || TakeZones(root, IsCpu) || TakeZones(root, IsSoc)) return;
  TakeMonitors(root);
}

bool Thermometer::TakeZones(const std::string& root, bool (*matches)(const std::string& type)) {
  for (const std::string& zone : NumberedEntries(root + "/sys/class/thermal", "thermal_zone")) {
    const std::string type = ReadTrimmed(zone + "/type");
    if (!matches(type)) continue;
    PolledFile file(zone + "/temp");
    if (!file.ReadInteger()) continue;
    absl::StrAppend(&source_, source_.empty() ? "" : ", ", BaseName(zone), " ", type);
    files_.push_back(std::move(file));
    ReadTrips(zone);
  }
  return !files_.empty();
}

void Thermometer::ReadTrips(const std::string& zone) {
  for (int trip = 0;; ++trip) {
    const std::string prefix = absl::StrCat(zone, "/trip_point_", trip, "_");
    const std::string type = ReadTrimmed(prefix + "type");
    if (type.empty()) return;
    const auto millidegrees = ReadInteger(prefix + "temp");
    // One that is not set is 0, or below absolute zero.
    if (type != "passive" || !millidegrees || *millidegrees <= 0) continue;
    const double celsius = static_cast<double>(*millidegrees) / kMillidegrees;
    trip_celsius_ = std::min(trip_celsius_.value_or(celsius), celsius);
  }
}

void Thermometer::TakeMonitors(const std::string& root) {
  for (const std::string& monitor : NumberedEntries(root + "/sys/class/hwmon", "hwmon")) {
    const std::string name = ReadTrimmed(monitor + "/name");
    if (!IsProcessorMonitor(name)) continue;
    // The first is that of the package (coretemp), or of the control loop (k10temp).
    PolledFile file(monitor + "/temp1_input");
    if (!file.ReadInteger()) continue;
    absl::StrAppend(&source_, source_.empty() ? "" : ", ", BaseName(monitor), " ", name);
    files_.push_back(std::move(file));
  }
}

std::optional<double> Thermometer::Celsius() {
  std::optional<double> hottest;
  for (PolledFile& file : files_) {
    const auto millidegrees = file.ReadInteger();
    if (!millidegrees) continue;
    const double celsius = static_cast<double>(*millidegrees) / kMillidegrees;
    hottest = std::max(hottest.value_or(celsius), celsius);
  }
  return hottest;
}

TemperatureChannel::TemperatureChannel(const std::string& root) : thermometer_(root) {
  if (thermometer_.source().empty()) return;
  channels_.push_back({"temperature", "degC", thermometer_.source()});
}

void TemperatureChannel::Read(int64_t, std::span<double> values) {
  if (values.empty()) return;
  values[0] = thermometer_.Celsius().value_or(kUnread);
}

}  // namespace edgebench::agent
