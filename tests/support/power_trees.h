#pragma once

#include <string>

namespace edgebench {

// What the kernel shows of power sensors, written below a root as it is documented: each
// function adds the files of one device. Sources: Documentation/power/powercap/powercap.rst,
// Documentation/hwmon/ina3221.rst, Documentation/ABI/testing/sysfs-class-power of the Linux
// kernel, and NVIDIA's Jetson Linux Developer Guide, "Platform Power and Performance".

// Makes the folders above it. `path` begins with "/".
void WriteTreeFile(const std::string& root, const std::string& path, const std::string& text);
void RemoveTreeFile(const std::string& root, const std::string& path);
// A file that is there and cannot be read, by root neither: a folder of its name.
void MakeUnreadable(const std::string& root, const std::string& path);

void WriteRaspberryPi4Power(const std::string& root);  // nothing but its name
void WriteRaspberryPi5Power(const std::string& root);
// A program in the place of vcgencmd, which prints the rails of a Raspberry Pi 5. Its path.
std::string WriteVcgencmd(const std::string& root);

void WriteJetsonNanoPower(const std::string& root);       // JetPack 4: ina3221x
void WriteJetsonAgxXavierPower(const std::string& root);  // JetPack 4, two chips
void WriteJetsonOrinNanoPower(const std::string& root);   // JetPack 6: VDD_IN
void WriteJetsonAgxOrinPower(const std::string& root);    // JetPack 5, two chips

// Two packages, each with memory; and the cores of the first, and intel-rapl-mmio.
void WriteXeonPower(const std::string& root);
// One package with core, uncore, psys; a battery that is discharged, and a mouse's.
void WriteLaptopPower(const std::string& root);

}  // namespace edgebench
