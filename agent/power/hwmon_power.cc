#include "agent/power/hwmon_power.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "agent/power/sensor_source.h"
#include "agent/power/sysfs.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr double kMicro = 1e-6;
constexpr char kChips[] = "/sys/class/hwmon";

struct Sensor {
  std::string chip, name, path;
};

std::vector<Sensor> FindSensors(const std::string& root) {
  std::vector<Sensor> sensors;
  const std::string chips = absl::StrCat(root, kChips);
  for (const std::string& hwmon : NamesIn(chips, "hwmon")) {
    const std::string folder = absl::StrCat(chips, "/", hwmon);
    const std::string chip = ReadSysfsText(folder + "/name").value_or(hwmon);
    for (const char* suffix : {"_input", "_average"}) {
      for (const std::string& file : NamesIn(folder, "power")) {
        absl::string_view number = file;
        if (!absl::ConsumeSuffix(&number, suffix)) continue;
        const std::string name = ReadSysfsText(absl::StrCat(folder, "/", number, "_label"))
                                     .value_or(std::string(number));
        const bool known = std::any_of(sensors.begin(), sensors.end(), [&](const Sensor& other) {
          return other.name == name && absl::StartsWith(other.path, folder + "/");
        });
        if (!known) sensors.push_back({chip, name, absl::StrCat(folder, "/", file)});
      }
    }
  }
  return sensors;
}

std::string Listed(const std::vector<Sensor>& sensors) {
  if (sensors.empty()) return "there is none";
  return absl::StrCat("there is ",
                      absl::StrJoin(sensors, ", ", [](std::string* out, const Sensor& sensor) {
                        absl::StrAppend(out, sensor.chip, "/", sensor.name);
                      }));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenHwmonPower(const std::string& root,
                                                            absl::string_view which) {
  const std::vector<Sensor> sensors = FindSensors(root);
  std::vector<Sensor> meant;
  for (const Sensor& sensor : sensors) {
    if (sensor.chip == which || absl::StrCat(sensor.chip, "/", sensor.name) == which) {
      meant.push_back(sensor);
    }
  }
  if (meant.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no power sensor \"", which, "\" in ", kChips, "; ", Listed(sensors)));
  }
  if (meant.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "which sensor of ", which, " includes which is not known: name one; ", Listed(meant)));
  }
  EDGEBENCH_RETURN_IF_ERROR(ReadSysfsNumber(meant.front().path).status());
  PowerSourceInfo info;
  PowerRail rail;
  rail.name = absl::StrCat(meant.front().chip, "/", meant.front().name);
  rail.counted = true;
  info.rails.push_back(std::move(rail));
  info.name = NameOfSource("hwmon", info.rails);
  info.notes.push_back(which == kAcpiPowerMeter
                           ? "the whole machine; averaged over the meter's own interval"
                           : "what this sensor measures the kernel does not say");
  return std::make_unique<SensorSource>(
      std::move(info), std::vector<PowerSensor>{SysfsSensor(meant.front().path, kMicro)});
}

}  // namespace edgebench::agent
