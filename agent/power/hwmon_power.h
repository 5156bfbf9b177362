#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// The power sensors of a chip in /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst):
// powerN_input, else powerN_average [uW], by the chip's `name` and the sensor's powerN_label
// ("powerN" without one). `which` is "CHIP" or "CHIP/SENSOR". What a chip's sensors stand
// for the kernel does not say; so of several that are not told apart none is counted.
//   NOT_FOUND         no such chip with a power sensor, or no such sensor; says what there is
//   INVALID_ARGUMENT  the chip has several sensors, and `which` names none
//   codes of ErrnoStatus, INTERNAL: it cannot be read
absl::StatusOr<std::unique_ptr<PowerSource>> OpenHwmonPower(const std::string& root,
                                                            absl::string_view which);

// Of ACPI's power meter, which measures the whole machine (Documentation/hwmon/
// acpi_power_meter.rst).
inline constexpr char kAcpiPowerMeter[] = "power_meter";

}  // namespace edgebench::agent
