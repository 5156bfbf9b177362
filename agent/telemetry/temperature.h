#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "agent/telemetry/polled_file.h"

namespace edgebench::agent {

// The processor's temperature in degrees Celsius, of the best source that the device has:
//   1. thermal zones of an x86 package (x86_pkg_temp), the hottest of several
//   2. thermal zones that are called after the CPU (cpu-thermal, CPU-therm), else the SoC
//   3. hwmon drivers of processors (coretemp, k10temp, zenpower, cpu_thermal)
// A zone of ACPI is not taken: where it measures is for the board's maker to know.
// Kernel documentation: driver-api/thermal/sysfs-api.rst, hwmon/sysfs-interface.rst.
class Thermometer {
 public:
  explicit Thermometer(const std::string& root);

  // nullopt when no source of the device can be read now.
  std::optional<double> Celsius();

  // "thermal_zone0 cpu-thermal"; empty without a source.
  const std::string& source() const { return source_; }

  // The lowest passive trip point of the zones: where the kernel begins to slow the
  // processor down.
  std::optional<double> trip_celsius() const { return trip_celsius_; }

 private:
  bool TakeZones(const std::string& root, bool (*matches)(const std::string& type));
  void TakeMonitors(const std::string& root);
  void ReadTrips(const std::string& zone);

  std::vector<PolledFile> files_;
  std::string source_;
  std::optional<double> trip_celsius_;
};

// The channel "temperature".
class TemperatureChannel final : public ChannelSource {
 public:
  explicit TemperatureChannel(const std::string& root);
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t now_nanos, std::span<double> values) override;

 private:
  Thermometer thermometer_;
  std::vector<Channel> channels_;
};

}  // namespace edgebench::agent
