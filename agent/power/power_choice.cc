#include "agent/power/power_choice.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "agent/power/battery.h"
#include "agent/power/combined_source.h"
#include "agent/power/command_source.h"
#include "agent/power/hwmon_power.h"
#include "agent/power/ina3221.h"
#include "agent/power/pi5_pmic.h"
#include "agent/power/rapl.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

using Opened = absl::StatusOr<std::unique_ptr<PowerSource>>;

constexpr char kAdvice[] = "a meter of your own can be read with --power-command";

// The number behind "nvml:" or "cuda:"; 0 for the word alone.
std::optional<int> IndexOf(absl::string_view text, absl::string_view word) {
  if (!absl::ConsumePrefix(&text, word)) return std::nullopt;
  if (text.empty()) return 0;
  int index = 0;
  if (!absl::ConsumePrefix(&text, ":") || !absl::SimpleAtoi(text, &index) || index < 0) {
    return std::nullopt;
  }
  return index;
}

Opened OpenNamed(const PowerChoice& choice, Clock& clock) {
  absl::string_view name = choice.source;
  if (name == "command") return OpenCommand(choice.command, clock);
  if (name == "rapl") return OpenRapl(choice.root);
  if (name == "ina3221") return OpenIna3221(choice.root);
  if (name == "rpi5-pmic") return OpenPi5Pmic(choice.root, choice.vcgencmd);
  if (name == "battery") return OpenBattery(choice.root);
  if (absl::ConsumePrefix(&name, "hwmon:")) return OpenHwmonPower(choice.root, name);
  return OpenNvml(choice.nvml_library, IndexOf(choice.source, "nvml").value_or(0));
}

// Tries one source after the other, and remembers why there is none. What is simply not
// there needs no words, unless nothing is.
class Search {
 public:
  void Try(Opened opened, bool tell_absence = false) {
    if (source_) return;
    if (opened.ok()) {
      source_ = *std::move(opened);
    } else if (tell_absence || !absl::IsNotFound(opened.status())) {
      reasons_.emplace_back(opened.status().message());
    }
  }
  bool found() const { return source_ != nullptr; }

  Opened Result(absl::string_view otherwise) {
    if (source_) return std::move(source_);
    if (reasons_.empty()) reasons_.emplace_back(otherwise);
    reasons_.emplace_back(kAdvice);
    return absl::NotFoundError(absl::StrJoin(reasons_, "; "));
  }

 private:
  std::unique_ptr<PowerSource> source_;
  std::vector<std::string> reasons_;
};

// A source with something more to say of it.
class WithNote final : public PowerSource {
 public:
  WithNote(std::unique_ptr<PowerSource> source, std::string note)
      : PowerSource(source->info()), source_(std::move(source)) {
    info_.notes.push_back(std::move(note));
  }
  PowerSample Read(int64_t now_nanos) override { return source_->Read(now_nanos); }
  std::string Trouble() const override { return source_->Trouble(); }

 private:
  const std::unique_ptr<PowerSource> source_;
};

// The card, and the processor that feeds it where that can be read.
Opened OpenCard(const PowerChoice& choice, int index) {
  Opened card = OpenNvml(choice.nvml_library, index);
  if (!card.ok()) return card;
  Opened processor = OpenRapl(choice.root);
  if (!processor.ok()) {
    return std::make_unique<WithNote>(*std::move(card), absl::StrCat("the processor is not in it: ",
                                                                     processor.status().message()));
  }
  std::vector<std::unique_ptr<PowerSource>> both;
  both.push_back(*std::move(card));
  both.push_back(*std::move(processor));
  return Combine(std::move(both));
}

std::string NothingFound(const std::string& root) {
  const std::string model = RaspberryPiModel(root);
  return !model.empty()
             ? absl::StrCat("the ", model, " has no sensor of its power")
             : "this device has no RAPL, INA3221, power management chip, ACPI power meter or "
               "battery that Linux shows";
}

}  // namespace

absl::Status CheckPowerChoice(const PowerChoice& choice) {
  const std::string& name = choice.source;
  if (name == "command" && choice.command.empty()) {
    return absl::InvalidArgumentError("\"command\" needs --power-command");
  }
  for (const char* known : {"auto", "none", "rapl", "ina3221", "rpi5-pmic", "battery", "command"}) {
    if (name == known) return absl::OkStatus();
  }
  if (IndexOf(name, "nvml")) return absl::OkStatus();
  if (absl::StartsWith(name, "hwmon:") && name.size() > 6) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", name, "\" is no power source; known are auto, none, rapl, ina3221, rpi5-pmic, ",
      "nvml:N, battery, hwmon:CHIP, hwmon:CHIP/SENSOR and command"));
}

absl::StatusOr<std::unique_ptr<PowerSource>> OpenPowerSource(const PowerChoice& choice,
                                                             const std::string& target,
                                                             Clock& clock) {
  if (choice.source == "none") return absl::NotFoundError("turned off with --power none");
  if (choice.source != "auto") return OpenNamed(choice, clock);
  if (!choice.command.empty()) return OpenCommand(choice.command, clock);
  Search search;
  search.Try(OpenIna3221(choice.root));
  const std::optional<int> card = IndexOf(target, "cuda");
  if (card) {
    if (!search.found()) search.Try(OpenCard(choice, *card), /*tell_absence=*/true);
    return search.Result("");
  }
  // Each is opened only when those before it are not there: some run a program.
  if (!search.found()) search.Try(OpenRapl(choice.root));
  if (!search.found()) search.Try(OpenPi5Pmic(choice.root, choice.vcgencmd));
  if (!search.found()) search.Try(OpenHwmonPower(choice.root, kAcpiPowerMeter));
  if (!search.found()) search.Try(OpenBattery(choice.root));
  if (search.found()) return search.Result("");
  return search.Result(NothingFound(choice.root));
}

absl::StatusOr<std::string> NameOfPowerSource(const PowerChoice& choice, const std::string& target,
                                              Clock& clock) {
  const bool own = !choice.command.empty() && choice.source == "auto";
  if (own || choice.source == "command") return absl::StrCat("command:", choice.command);
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<PowerSource> source,
                             OpenPowerSource(choice, target, clock));
  return source->info().name;
}

}  // namespace edgebench::agent
