#pragma once

namespace edgebench::agent {

// Commands that mend what spoils figures, to be run on the device.
inline constexpr char kSetGovernor[] =
    "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
inline constexpr char kInstallOpenBlas[] = "sudo apt install libopenblas0-pthread";

}  // namespace edgebench::agent
