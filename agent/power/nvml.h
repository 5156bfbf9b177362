#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// One NVIDIA card by NVML, which is opened at run time (NVIDIA, NVML API Reference Guide):
// the energy counter of Volta and newer (nvmlDeviceGetTotalEnergyConsumption, mJ since the
// driver was loaded), else the power (nvmlDeviceGetPowerUsage, mW; averaged over 1 s from
// Ampere on, but for GA100). `index` is NVML's, in the order of the PCI bus. `library` is a
// name or path for dlopen.
//   NOT_FOUND            there is no such library, or no card with this index
//   FAILED_PRECONDITION  the library does not work, or the card tells neither
absl::StatusOr<std::unique_ptr<PowerSource>> OpenNvml(const std::string& library, int index);

inline constexpr char kNvmlLibrary[] = "libnvidia-ml.so.1";

}  // namespace edgebench::agent
