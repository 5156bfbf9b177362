#include "agent/power/ina3221.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/power/sensor_source.h"
#include "agent/power/sysfs.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr double kMilli = 1e-3;
constexpr const char* kInputs[] = {"POM_5V_IN", "VDD_IN"};

// One channel: power itself, or voltage and current.
struct Channel {
  std::string name;
  std::string power_path;   // mW; empty in the second layout
  std::string volt_path;    // mV
  std::string ampere_path;  // mA

  absl::StatusOr<double> Watts() const {
    if (!power_path.empty()) {
      EDGEBENCH_ASSIGN_OR_RETURN(const int64_t power, ReadSysfsNumber(power_path));
      return static_cast<double>(power) * kMilli;
    }
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t volts, ReadSysfsNumber(volt_path));
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t amperes, ReadSysfsNumber(ampere_path));
    return static_cast<double>(volts) * kMilli * (static_cast<double>(amperes) * kMilli);
  }
};

// What is left of `name` without its prefix and suffix, if it has both.
std::optional<std::string> Between(const std::string& name, absl::string_view prefix,
                                   absl::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size() || !absl::StartsWith(name, prefix) ||
      !absl::EndsWith(name, suffix)) {
    return std::nullopt;
  }
  return name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
}

void AddChannelsOfIio(const std::string& folder, std::vector<Channel>& channels) {
  for (const std::string& file : NamesIn(folder, "rail_name_")) {
    const auto number = Between(file, "rail_name_", "");
    const auto name = ReadSysfsText(absl::StrCat(folder, "/", file));
    if (!number || !name.ok()) continue;
    channels.push_back({*name, absl::StrCat(folder, "/in_power", *number, "_input"), "", ""});
  }
}

void AddChannelsOfHwmon(const std::string& folder, std::vector<Channel>& channels) {
  // in7_label is the chip's sum of the shunt voltages, no channel.
  for (const char* number : {"1", "2", "3"}) {
    const auto name = ReadSysfsText(absl::StrCat(folder, "/in", number, "_label"));
    if (!name.ok()) continue;
    channels.push_back({*name, "", absl::StrCat(folder, "/in", number, "_input"),
                        absl::StrCat(folder, "/curr", number, "_input")});
  }
}

// All that are connected.
std::vector<Channel> FindChannels(const std::string& root) {
  std::vector<Channel> channels;
  for (const char* driver : {"/sys/bus/i2c/drivers/ina3221x", "/sys/bus/i2c/drivers/ina3221"}) {
    const std::string drivers = absl::StrCat(root, driver);
    for (const std::string& device : NamesIn(drivers, "")) {
      const std::string chip = absl::StrCat(drivers, "/", device);
      for (const std::string& name : NamesIn(chip, "iio:device")) {
        AddChannelsOfIio(absl::StrCat(chip, "/", name), channels);
      }
      for (const std::string& name : NamesIn(chip + "/hwmon", "hwmon")) {
        AddChannelsOfHwmon(absl::StrCat(chip, "/hwmon/", name), channels);
      }
    }
  }
  const auto unused = [](const Channel& c) { return c.name.empty() || c.name == "NC"; };
  channels.erase(std::remove_if(channels.begin(), channels.end(), unused), channels.end());
  return channels;
}

std::string TotalOver(const std::string& rail, const std::vector<Channel>& channels) {
  for (const char* input : kInputs) {
    const auto is_input = [input](const Channel& channel) { return channel.name == input; };
    if (std::any_of(channels.begin(), channels.end(), is_input)) return rail == input ? "" : input;
  }
  return rail == "VDDQ_VDD2_1V8AO" ? "VIN_SYS_5V0" : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenIna3221(const std::string& root) {
  const std::vector<Channel> channels = FindChannels(root);
  if (channels.empty()) return absl::NotFoundError("no INA3221 power monitor");
  std::vector<PowerSensor> readable;
  PowerSourceInfo info;
  for (const Channel& channel : channels) {
    PowerRail rail;
    rail.name = channel.name;
    rail.part_of = TotalOver(channel.name, channels);
    const absl::Status status = channel.Watts().status();
    // Without one that is counted the sum would pass for the whole.
    if (!status.ok() && rail.part_of.empty()) return status;
    if (!status.ok()) continue;
    readable.emplace_back([channel] { return channel.Watts(); });
    info.rails.push_back(std::move(rail));
  }
  CountTotals(info.rails);
  info.name = NameOfSource("ina3221", info.rails);
  const auto counted = std::count_if(info.rails.begin(), info.rails.end(),
                                     [](const PowerRail& rail) { return rail.counted; });
  info.notes.push_back(
      counted == 1 ? "the whole module, without its carrier board"
                   : "the sum of the module's rails: this board does not measure its input");
  return std::make_unique<SensorSource>(std::move(info), std::move(readable));
}

}  // namespace edgebench::agent
