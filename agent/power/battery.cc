#include "agent/power/battery.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/power/sensor_source.h"
#include "agent/power/sysfs.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr double kMicro = 1e-6;
constexpr char kSupplies[] = "/sys/class/power_supply";
// Batteries measure about once a second, many more rarely.
constexpr absl::Duration kPeriod = absl::Seconds(1);

absl::StatusOr<double> PowerNow(const std::string& folder) {
  if (const auto power = ReadSysfsNumber(folder + "/power_now"); power.ok()) {
    return std::abs(static_cast<double>(*power)) * kMicro;
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t current, ReadSysfsNumber(folder + "/current_now"));
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t voltage, ReadSysfsNumber(folder + "/voltage_now"));
  return std::abs(static_cast<double>(current)) * kMicro * (static_cast<double>(voltage) * kMicro);
}

struct Battery {
  std::string name;
  std::string folder;

  // FAILED_PRECONDITION when it is not being discharged.
  absl::StatusOr<double> Watts() const {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::string status, ReadSysfsText(folder + "/status"));
    if (status != "Discharging") {
      return absl::FailedPreconditionError(absl::StrCat("the battery ", name, " is ", status));
    }
    return PowerNow(folder);
  }
};

std::vector<Battery> FindBatteries(const std::string& root) {
  std::vector<Battery> batteries;
  const std::string supplies = absl::StrCat(root, kSupplies);
  for (const std::string& name : NamesIn(supplies, "")) {
    const std::string folder = absl::StrCat(supplies, "/", name);
    if (ReadSysfsText(folder + "/type").value_or("") != "Battery") continue;
    if (ReadSysfsText(folder + "/scope").value_or("System") != "System") continue;
    batteries.push_back({name, folder});
  }
  return batteries;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenBattery(const std::string& root) {
  std::vector<Battery> discharging;
  absl::Status problem = absl::NotFoundError("no battery");
  for (Battery& battery : FindBatteries(root)) {
    const auto watts = battery.Watts();
    if (watts.ok()) {
      discharging.push_back(std::move(battery));
    } else if (absl::IsFailedPrecondition(watts.status())) {
      problem = absl::FailedPreconditionError(absl::StrCat(
          watts.status().message(), ", and tells the machine's power only while it is ",
          "discharged: unplug the power supply"));
    } else {
      problem = watts.status();
    }
  }
  if (discharging.empty()) return problem;
  PowerSourceInfo info;
  info.period = kPeriod;
  std::vector<PowerSensor> sensors;
  for (const Battery& battery : discharging) {
    PowerRail rail;
    rail.name = battery.name;
    info.rails.push_back(std::move(rail));
    sensors.emplace_back([battery] { return battery.Watts(); });
  }
  CountTotals(info.rails);
  info.name = NameOfSource("battery", info.rails);
  info.notes.push_back("the whole machine, its screen too; measured about once a second or less");
  return std::make_unique<SensorSource>(std::move(info), std::move(sensors));
}

}  // namespace edgebench::agent
