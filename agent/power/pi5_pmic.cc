#include "agent/power/pi5_pmic.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/power/child_process.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(2);
constexpr size_t kMaxBytes = 16 << 10;
// A process per reading: more often, and it would be part of what is measured.
constexpr absl::Duration kPeriod = absl::Milliseconds(500);

absl::StatusOr<std::vector<PmicRail>> ReadPmic(const std::string& vcgencmd) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text,
                             OutputOf({vcgencmd, "pmic_read_adc"}, kTimeout, kMaxBytes));
  std::vector<PmicRail> rails = ParsePmic(text);
  if (rails.empty()) {
    return absl::InternalError(absl::StrCat(vcgencmd, " pmic_read_adc names no rail"));
  }
  return rails;
}

class Pi5Pmic final : public PowerSource {
 public:
  Pi5Pmic(PowerSourceInfo info, std::string vcgencmd)
      : PowerSource(std::move(info)), vcgencmd_(std::move(vcgencmd)) {}

  PowerSample Read(int64_t now_nanos) override {
    PowerSample sample;
    sample.time_nanos = now_nanos;
    sample.values.resize(info_.rails.size());
    const auto rails = ReadPmic(vcgencmd_);
    trouble_ = std::string(rails.status().message());
    if (!rails.ok()) return sample;
    for (size_t i = 0; i < info_.rails.size(); ++i) {
      for (const PmicRail& rail : *rails) {
        if (rail.name == info_.rails[i].name) sample.values[i] = rail.watts;
      }
    }
    return sample;
  }

  std::string Trouble() const override { return trouble_; }

 private:
  const std::string vcgencmd_;
  std::string trouble_;
};

bool HasPmic(absl::string_view model) {
  return absl::StrContains(model, "Raspberry Pi 5") ||
         absl::StrContains(model, "Raspberry Pi Compute Module 5");
}

}  // namespace

std::vector<PmicRail> ParsePmic(absl::string_view text) {
  std::map<std::string, std::pair<std::optional<double>, std::optional<double>>> values;
  std::vector<std::string> order;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() != 2) continue;
    const size_t equals = words[1].find('=');
    if (equals == absl::string_view::npos) continue;
    absl::string_view name = words[0];
    absl::string_view value = words[1].substr(equals + 1);
    double number = 0;
    const bool current = absl::ConsumeSuffix(&name, "_A") && absl::ConsumeSuffix(&value, "A");
    const bool voltage =
        !current && absl::ConsumeSuffix(&name, "_V") && absl::ConsumeSuffix(&value, "V");
    if ((!current && !voltage) || !absl::SimpleAtod(value, &number)) continue;
    const auto [entry, added] = values.try_emplace(std::string(name));
    if (added) order.emplace_back(name);
    (current ? entry->second.first : entry->second.second) = number;
  }
  std::vector<PmicRail> rails;
  for (const std::string& name : order) {
    const auto& [amperes, volts] = values[name];
    if (amperes && volts) rails.push_back({name, *amperes * *volts});
  }
  return rails;
}

std::string RaspberryPiModel(const std::string& root) {
  std::string model = ReadFile(absl::StrCat(root, "/proc/device-tree/model")).value_or("");
  while (!model.empty() && model.back() == '\0') model.pop_back();
  return absl::StartsWith(model, "Raspberry Pi") ? model : "";
}

absl::StatusOr<std::unique_ptr<PowerSource>> OpenPi5Pmic(const std::string& root,
                                                         const std::string& vcgencmd) {
  if (!HasPmic(RaspberryPiModel(root))) return absl::NotFoundError("no Raspberry Pi 5");
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<PmicRail> rails, ReadPmic(vcgencmd));
  PowerSourceInfo info;
  info.name = "rpi5-pmic";
  info.period = kPeriod;
  for (const PmicRail& rail : rails) {
    PowerRail described;
    described.name = rail.name;
    info.rails.push_back(std::move(described));
  }
  CountTotals(info.rails);
  info.notes.push_back(
      "the rails of the power management chip, without its losses, USB devices and fans");
  return std::make_unique<Pi5Pmic>(std::move(info), vcgencmd);
}

}  // namespace edgebench::agent
