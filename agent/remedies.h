#pragma once

namespace edgebench::agent {

// Commands that mend what spoils figures, to be run on the device.
inline constexpr char kSetGovernor[] =
    "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
inline constexpr char kIntelTurboOff[] =
    "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo";
inline constexpr char kBoostOff[] = "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost";
inline constexpr char kInstallOpenBlas[] = "sudo apt install libopenblas0-openmp";
inline constexpr char kInstallLibTorch[] = "sudo apt install libtorch-dev libopenblas0-openmp";
inline constexpr char kShareOpenMp[] =
    "sudo apt install libopenblas0-openmp && sudo apt remove libopenblas0-pthread";
inline constexpr char kEmptySwap[] = "sudo swapoff -a && sudo swapon -a";
inline constexpr char kSwapOff[] = "sudo swapoff -a";
inline constexpr char kFreeDisk[] = "sudo apt clean && sudo journalctl --vacuum-size=50M";
inline constexpr char kMostPower[] = "sudo nvpmodel -m 0";
inline constexpr char kNoQuotaDocker[] = "docker update --cpus 0 CONTAINER";
inline constexpr char kNoQuotaService[] =
    "sudo systemctl set-property edgebench-agent.service CPUQuota=";
inline constexpr char kShowCuda[] = "nvidia-smi";
inline constexpr char kShowMemory[] = "ps -eo pid,rss,comm --sort=-rss | head";

}  // namespace edgebench::agent
