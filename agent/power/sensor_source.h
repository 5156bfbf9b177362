#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// One sensor, in the unit of its rail.
using PowerSensor = std::function<absl::StatusOr<double>()>;

// The number in a file of the kernel's, times its unit: 1e-6 for µW.
PowerSensor SysfsSensor(const std::string& path, double unit);

// Reads sensors one after the other, each for the rail of its place. One that cannot be read has
// no value, and is the source's trouble.
class SensorSource final : public PowerSource {
 public:
  SensorSource(PowerSourceInfo info, std::vector<PowerSensor> sensors);

  PowerSample Read(int64_t now_nanos) override;
  std::string Trouble() const override { return trouble_; }

 private:
  const std::vector<PowerSensor> sensors_;
  std::string trouble_;
};

}  // namespace edgebench::agent
