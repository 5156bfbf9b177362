#pragma once

#include <string>

#include "edgebench/v1/telemetry.pb.h"

namespace edgebench::agent {

// How the device is now, read below `root` ("" for the real one). What cannot be read stays
// unset. Where it is from:
//   load               /proc/loadavg (proc(5))
//   temperature, trip  Thermometer
//   firmware           sysfs file get_throttled of the Raspberry Pi's firmware driver, a
//                      hexadecimal number (raspberrypi.com, documentation of vcgencmd)
//   throttle counts    cpu*/thermal_throttle of x86 (kernel documentation,
//                      admin-guide/abi-testing, sysfs-devices-system-cpu), added up over
//                      processors, so that one event may count for several
//   quota throttles    ControlGroupCpuThrottles
v1::Conditions ReadConditions(const std::string& root);

// Of Conditions::firmware_throttled.
inline constexpr int64_t kUnderVoltageNow = 1 << 0;
inline constexpr int64_t kFrequencyCappedNow = 1 << 1;
inline constexpr int64_t kThrottledNow = 1 << 2;
inline constexpr int64_t kSoftTemperatureLimitNow = 1 << 3;
// Each of these has happened since the bits were cleared: its bit above, shifted by this.
inline constexpr int kHasOccurredShift = 16;

// "under-voltage, frequency capped": the words for bits 0 to 3.
std::string FirmwareThrottleText(int64_t bits);

}  // namespace edgebench::agent
