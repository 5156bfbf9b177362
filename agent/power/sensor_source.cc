#include "agent/power/sensor_source.h"

#include <utility>

#include "agent/power/sysfs.h"
#include "common/status_macros.h"

namespace edgebench::agent {

PowerSensor SysfsSensor(const std::string& path, double unit) {
  return [path, unit]() -> absl::StatusOr<double> {
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t number, ReadSysfsNumber(path));
    return static_cast<double>(number) * unit;
  };
}

SensorSource::SensorSource(PowerSourceInfo info, std::vector<PowerSensor> sensors)
    : PowerSource(std::move(info)), sensors_(std::move(sensors)) {}

PowerSample SensorSource::Read(int64_t now_nanos) {
  PowerSample sample;
  sample.time_nanos = now_nanos;
  trouble_.clear();
  for (const PowerSensor& sensor : sensors_) {
    const auto value = sensor();
    sample.values.emplace_back();
    if (value.ok()) {
      sample.values.back() = *value;
    } else {
      trouble_ = std::string(value.status().message());
    }
  }
  return sample;
}

}  // namespace edgebench::agent
