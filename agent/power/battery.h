#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// What a laptop draws from its batteries, all of them together, as the kernel shows it in
// /sys/class/power_supply (Documentation/ABI/testing/sysfs-class-power): those of `type`
// Battery but those of attached devices (`scope` Device), by `power_now` [uW], else
// `current_now` [uA] times `voltage_now` [uV]. Some drivers give the current of a discharge a
// negative sign. That is the whole machine's power only while no battery is charged or idle:
// one whose `status` is not Discharging has no reading.
//   NOT_FOUND            there is no battery
//   FAILED_PRECONDITION  none is being discharged; says what to do
//   codes of ErrnoStatus, INTERNAL: its power cannot be read
absl::StatusOr<std::unique_ptr<PowerSource>> OpenBattery(const std::string& root);

}  // namespace edgebench::agent
