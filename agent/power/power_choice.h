#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/power/nvml.h"
#include "agent/power/power_source.h"
#include "common/clock.h"

namespace edgebench::agent {

// Which source measures the energy of jobs.
struct PowerChoice {
  // "auto", "none", or one by name: "rapl", "ina3221", "rpi5-pmic", "nvml:N", "battery",
  // "hwmon:CHIP", "hwmon:CHIP/SENSOR", "command".
  std::string source = "auto";
  // The user's own meter; with "auto" it comes before all others. Empty: there is none.
  std::string command;

  std::string root;  // before /proc and /sys; "" but in tests
  std::string nvml_library = kNvmlLibrary;
  std::string vcgencmd = "vcgencmd";
};

// INVALID_ARGUMENT for a name that is none of these, and for "command" without one.
absl::Status CheckPowerChoice(const PowerChoice& choice);

// Opens what counts for jobs on this target ("cpu", "cuda:N"). With "auto" that is, besides
// the user's command: on a Jetson its rails, whatever the target; for a CUDA card elsewhere
// NVML, together with RAPL where that can be read; for the processor the first of RAPL, the
// Raspberry Pi 5's chip, ACPI's power meter, and a battery that is being discharged.
//   NOT_FOUND  there is none; says of each that is on this device why, and what would help
//   errors of the source that was named
absl::StatusOr<std::unique_ptr<PowerSource>> OpenPowerSource(const PowerChoice& choice,
                                                             const std::string& target,
                                                             Clock& clock);

// The name of that source, without running a command of the user's. Errors of the same.
absl::StatusOr<std::string> NameOfPowerSource(const PowerChoice& choice, const std::string& target,
                                              Clock& clock);

}  // namespace edgebench::agent
