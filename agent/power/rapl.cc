#include "agent/power/rapl.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/power/sensor_source.h"
#include "agent/power/sysfs.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;
constexpr char kZones[] = "/sys/class/powercap";
constexpr char kPrefix[] = "intel-rapl:";

struct Zone {
  PowerRail rail;
  std::string energy_path;
};

// A zone's name is its own only within its parent: "package-0/dram".
absl::StatusOr<Zone> OpenZone(const std::string& folder, const std::string& zone) {
  const std::string path = absl::StrCat(folder, "/", zone);
  Zone result;
  PowerRail& rail = result.rail;
  rail.quantity = PowerRail::Quantity::kJoules;
  EDGEBENCH_ASSIGN_OR_RETURN(rail.name, ReadSysfsText(absl::StrCat(path, "/name")));
  const std::vector<std::string> parts = absl::StrSplit(zone, ':');  // intel-rapl:0:2
  rail.counted = absl::StartsWith(rail.name, "package") || rail.name == "dram";
  if (parts.size() > 2) {
    EDGEBENCH_ASSIGN_OR_RETURN(
        const std::string parent,
        ReadSysfsText(absl::StrCat(folder, "/", kPrefix, parts[1], "/name")));
    if (!rail.counted) rail.part_of = parent;
    rail.name = absl::StrCat(parent, "/", rail.name);
  }
  result.energy_path = absl::StrCat(path, "/energy_uj");
  EDGEBENCH_RETURN_IF_ERROR(ReadSysfsNumber(result.energy_path).status());
  if (const auto range = ReadSysfsNumber(absl::StrCat(path, "/max_energy_range_uj")); range.ok()) {
    rail.wraps_at_joules = static_cast<double>(*range) * kJoulesPerMicrojoule;
  }
  return result;
}

absl::Status Explained(const absl::Status& status) {
  if (!absl::IsPermissionDenied(status)) return status;
  return absl::PermissionDeniedError(absl::StrCat(
      status.message(), ": since Linux 5.10 only root may read RAPL (CVE-2020-8694): run the ",
      "agent as root, or allow it until the next boot: sudo chmod a+r ", kZones,
      "/intel-rapl:*/energy_uj"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenRapl(const std::string& root) {
  const std::string folder = absl::StrCat(root, kZones);
  std::vector<Zone> zones;
  bool has_package = false;
  for (const std::string& name : NamesIn(folder, kPrefix)) {
    auto zone = OpenZone(folder, name);
    // A part must not pass for the whole: all packages, or none.
    const auto is_package = absl::StartsWith(
        ReadSysfsText(absl::StrCat(folder, "/", name, "/name")).value_or(""), "package");
    if (is_package && !zone.ok()) return Explained(zone.status());
    has_package = has_package || is_package;
    if (zone.ok()) zones.push_back(*std::move(zone));
  }
  if (!has_package) {
    return absl::NotFoundError(absl::StrCat("no RAPL zone of a package in ", kZones));
  }
  PowerSourceInfo info;
  std::vector<PowerSensor> counters;
  for (const Zone& zone : zones) {
    info.rails.push_back(zone.rail);
    counters.push_back(SysfsSensor(zone.energy_path, kJoulesPerMicrojoule));
  }
  info.name = NameOfSource("rapl", info.rails);
  const bool has_dram = std::any_of(info.rails.begin(), info.rails.end(), [](const PowerRail& r) {
    return r.counted && absl::EndsWith(r.name, "dram");
  });
  info.notes.push_back(absl::StrCat("RAPL sees the processor",
                                    has_dram ? " and its memory" : " without its memory",
                                    "; not the board, disks, fans and losses of the power supply"));
  return std::make_unique<SensorSource>(std::move(info), std::move(counters));
}

}  // namespace edgebench::agent
