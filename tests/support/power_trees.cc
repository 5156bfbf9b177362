#include "tests/support/power_trees.h"

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"

namespace edgebench {
namespace {

namespace fs = std::filesystem;

void WriteZone(const std::string& root, const std::string& zone, const std::string& name,
               const std::string& energy_uj, const std::string& range_uj) {
  const std::string folder = absl::StrCat("/sys/class/powercap/", zone);
  WriteTreeFile(root, folder + "/name", name + "\n");
  WriteTreeFile(root, folder + "/energy_uj", energy_uj + "\n");
  WriteTreeFile(root, folder + "/max_energy_range_uj", range_uj + "\n");
  WriteTreeFile(root, folder + "/enabled", "0\n");
}

// Rails from number 0, with mW.
void WriteIioChip(const std::string& root, const std::string& chip, const std::string& device,
                  std::initializer_list<std::pair<const char*, const char*>> rails) {
  const std::string folder =
      absl::StrCat("/sys/bus/i2c/drivers/ina3221x/", chip, "/iio:device", device);
  int number = 0;
  for (const auto& [name, milliwatts] : rails) {
    WriteTreeFile(root, absl::StrCat(folder, "/rail_name_", number), absl::StrCat(name, "\n"));
    WriteTreeFile(root, absl::StrCat(folder, "/in_power", number, "_input"),
                  absl::StrCat(milliwatts, "\n"));
    WriteTreeFile(root, absl::StrCat(folder, "/in_voltage", number, "_input"), "5000\n");
    ++number;
  }
  WriteTreeFile(root, absl::StrCat("/sys/bus/i2c/drivers/ina3221x/", chip, "/name"), "ina3221x\n");
}

struct HwmonChannel {
  const char* label;
  const char* millivolts;
  const char* milliamperes;
};

void WriteHwmonChip(const std::string& root, const std::string& chip, const std::string& hwmon,
                    std::initializer_list<HwmonChannel> channels) {
  const std::string folder = absl::StrCat("/sys/bus/i2c/drivers/ina3221/", chip, "/hwmon/", hwmon);
  int number = 1;
  for (const HwmonChannel& channel : channels) {
    WriteTreeFile(root, absl::StrCat(folder, "/in", number, "_label"),
                  absl::StrCat(channel.label, "\n"));
    WriteTreeFile(root, absl::StrCat(folder, "/in", number, "_input"),
                  absl::StrCat(channel.millivolts, "\n"));
    WriteTreeFile(root, absl::StrCat(folder, "/curr", number, "_input"),
                  absl::StrCat(channel.milliamperes, "\n"));
    ++number;
  }
  WriteTreeFile(root, folder + "/in7_label", "sum of shunt voltages\n");
  WriteTreeFile(root, folder + "/in7_input", "4520\n");
  WriteTreeFile(root, folder + "/name", "ina3221\n");
}

}  // namespace

void WriteTreeFile(const std::string& root, const std::string& path, const std::string& text) {
  const fs::path file = root + path;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

void RemoveTreeFile(const std::string& root, const std::string& path) {
  fs::remove_all(root + path);
}

void MakeUnreadable(const std::string& root, const std::string& path) {
  fs::remove_all(root + path);
  fs::create_directories(root + path);
}

void WriteRaspberryPi4Power(const std::string& root) {
  WriteTreeFile(root, "/proc/device-tree/model",
                std::string("Raspberry Pi 4 Model B Rev 1.4\0", 31));
  WriteTreeFile(root, "/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
  WriteTreeFile(root, "/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n");
}

void WriteRaspberryPi5Power(const std::string& root) {
  WriteTreeFile(root, "/proc/device-tree/model",
                std::string("Raspberry Pi 5 Model B Rev 1.0\0", 31));
  WriteTreeFile(root, "/sys/class/hwmon/hwmon1/name", "rp1_adc\n");
}

std::string WriteVcgencmd(const std::string& root) {
  WriteTreeFile(root, "/usr/bin/vcgencmd",
                "#!/bin/sh\n"
                "[ \"$1\" = pmic_read_adc ] || exit 1\n"
                "cat <<'END'\n"
                " 3V7_WL_SW_A current(0)=0.02000000A\n"
                "   3V3_SYS_A current(1)=0.10000000A\n"
                "  VDD_CORE_A current(7)=2.00000000A\n"
                " 3V7_WL_SW_V volt(8)=3.70000000V\n"
                "   3V3_SYS_V volt(9)=3.30000000V\n"
                "  VDD_CORE_V volt(15)=0.80000000V\n"
                "     EXT5V_V volt(24)=5.10000000V\n"
                "      BATT_V volt(25)=0.00000000V\n"
                "END\n");
  fs::permissions(root + "/usr/bin/vcgencmd", fs::perms::owner_all);
  return root + "/usr/bin/vcgencmd";
}

void WriteJetsonNanoPower(const std::string& root) {
  WriteIioChip(root, "6-0040", "0",
               {{"POM_5V_IN", "3520"}, {"POM_5V_GPU", "120"}, {"POM_5V_CPU", "890"}});
}

void WriteJetsonAgxXavierPower(const std::string& root) {
  WriteIioChip(root, "1-0040", "0", {{"GPU", "310"}, {"CPU", "1240"}, {"SOC", "2170"}});
  WriteIioChip(root, "1-0041", "1", {{"CV", "0"}, {"VDDRQ", "460"}, {"SYS5V", "2320"}});
}

void WriteJetsonOrinNanoPower(const std::string& root) {
  WriteHwmonChip(
      root, "1-0040", "hwmon1",
      {{"VDD_IN", "5040", "960"}, {"VDD_CPU_GPU_CV", "5040", "112"}, {"VDD_SOC", "5032", "272"}});
}

void WriteJetsonAgxOrinPower(const std::string& root) {
  WriteHwmonChip(root, "1-0040", "hwmon3",
                 {{"VDD_GPU_SOC", "19000", "168"},
                  {"VDD_CPU_CV", "19000", "42"},
                  {"VIN_SYS_5V0", "4968", "700"}});
  WriteHwmonChip(root, "1-0041", "hwmon4",
                 {{"NC", "0", "0"}, {"VDDQ_VDD2_1V8AO", "4968", "80"}, {"NC", "0", "0"}});
}

void WriteXeonPower(const std::string& root) {
  WriteZone(root, "intel-rapl:0", "package-0", "1500000000", "262143328850");
  WriteZone(root, "intel-rapl:0:0", "dram", "300000000", "65712999613");
  WriteZone(root, "intel-rapl:0:1", "core", "900000000", "262143328850");
  WriteZone(root, "intel-rapl:1", "package-1", "1200000000", "262143328850");
  WriteZone(root, "intel-rapl:1:0", "dram", "250000000", "65712999613");
  WriteZone(root, "intel-rapl-mmio:0", "package-0", "1500000000", "262143328850");
  WriteTreeFile(root, "/sys/class/powercap/intel-rapl/enabled", "1\n");
}

void WriteLaptopPower(const std::string& root) {
  WriteZone(root, "intel-rapl:0", "package-0", "40000000", "262143328850");
  WriteZone(root, "intel-rapl:0:0", "core", "20000000", "262143328850");
  WriteZone(root, "intel-rapl:0:1", "uncore", "5000000", "262143328850");
  WriteZone(root, "intel-rapl:1", "psys", "90000000", "262143328850");
  WriteTreeFile(root, "/sys/class/power_supply/AC/type", "Mains\n");
  WriteTreeFile(root, "/sys/class/power_supply/BAT0/type", "Battery\n");
  WriteTreeFile(root, "/sys/class/power_supply/BAT0/status", "Discharging\n");
  WriteTreeFile(root, "/sys/class/power_supply/BAT0/power_now", "7100000\n");
  WriteTreeFile(root, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
  WriteTreeFile(root, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
  WriteTreeFile(root, "/sys/class/power_supply/hidpp_battery_0/status", "Discharging\n");
}

}  // namespace edgebench
