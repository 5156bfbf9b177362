#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// One rail of a power management chip.
struct PmicRail {
  std::string name;  // "VDD_CORE"
  double watts = 0;
};

// Reads what `vcgencmd pmic_read_adc` prints (Raspberry Pi documentation, "vcgencmd"):
//    VDD_CORE_A current(7)=1.12518000A
//    VDD_CORE_V volt(15)=0.89316150V
// The lines of a rail belong together by their name, not by their number. A rail with only
// one of the two (EXT5V_V, BATT_V) has no power and is left out.
std::vector<PmicRail> ParsePmic(absl::string_view text);

// "Raspberry Pi 4 Model B Rev 1.4", of the device tree; empty on anything else.
std::string RaspberryPiModel(const std::string& root);

// The rails of the power management chip of the Raspberry Pi 5, 500 and Compute Module 5. Their
// sum is what the chip gives to processor, memory and the rest of the board; the chip does not
// measure its input, so its own losses, USB devices and fans are not in it.
// `vcgencmd` is the program, at most 2 s for each reading.
//   NOT_FOUND  this is no such board
//   errors of OutputOf, INTERNAL: vcgencmd does not answer, or with no rail
absl::StatusOr<std::unique_ptr<PowerSource>> OpenPi5Pmic(const std::string& root,
                                                         const std::string& vcgencmd);

}  // namespace edgebench::agent
