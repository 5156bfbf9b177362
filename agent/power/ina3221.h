#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// The INA3221 power monitors of NVIDIA's Jetson boards, in both layouts (NVIDIA Jetson Linux
// Developer Guide, "Platform Power and Performance", Software-Based Power Consumption
// Modeling; for the second also Documentation/hwmon/ina3221.rst):
//   JetPack up to 4  /sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/
//                    rail_name_N, in_powerN_input [mW], N from 0
//   from JetPack 5   /sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmonN/
//                    inN_label, inN_input [mV], currN_input [mA], N from 1 to 3
// Where the module's input is measured (POM_5V_IN of the Nano, VDD_IN of the TX2, Xavier NX,
// Orin NX and Orin Nano), all other rails are parts of it. The AGX Xavier and AGX Orin measure
// no such input: there the rails are added, but for VDDQ_VDD2_1V8AO, which AGX Orin draws from
// its 5 V input VIN_SYS_5V0. Channels that are called NC are not connected.
//   NOT_FOUND  there is none
//   codes of ErrnoStatus, INTERNAL: one that is to be counted cannot be read
absl::StatusOr<std::unique_ptr<PowerSource>> OpenIna3221(const std::string& root);

}  // namespace edgebench::agent
