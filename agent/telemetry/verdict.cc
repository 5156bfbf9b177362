#include "agent/telemetry/verdict.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/remedies.h"
#include "agent/telemetry/clock_channels.h"
#include "agent/telemetry/conditions.h"
#include "common/job_result.h"

namespace edgebench::agent {
namespace {

constexpr double kForeignShare = 0.10;
constexpr size_t kFewestClocks = 4;
constexpr char kTemperature[] = "temperature";

// The values of a channel that were read while measuring; empty without the channel.
std::vector<double> WhileMeasuring(const v1::Telemetry& telemetry, const std::string& name) {
  std::vector<double> values;
  if (!telemetry.has_measure_start_ns()) return values;
  for (const v1::TelemetryChannel& channel : telemetry.channels()) {
    if (channel.name() != name) continue;
    const int rows = std::min(channel.values_size(), telemetry.offset_ns_size());
    for (int row = 0; row < rows; ++row) {
      const bool measuring = telemetry.offset_ns(row) >= telemetry.measure_start_ns();
      if (measuring && !std::isnan(channel.values(row))) values.push_back(channel.values(row));
    }
  }
  return values;
}

class Judgement {
 public:
  explicit Judgement(const v1::JobResult& result)
      : result_(result),
        telemetry_(result.telemetry()),
        before_(result.conditions_before()),
        after_(result.conditions_after()) {}

  Verdict Run() {
    Throttling();
    Temperature();
    ClockRate();
    ForeignLoad();
    Steal();
    Governor();
    return std::move(verdict_);
  }

 private:
  template <typename... Args>
  void Object(const Args&... args) {
    verdict_.reasons.push_back(absl::StrCat(args...));
  }
  void Unknown(const char* what) { verdict_.unknown.emplace_back(what); }

  void Throttling() {
    const bool firmware = before_.has_firmware_throttled() && after_.has_firmware_throttled();
    const bool counters = before_.has_core_throttles() && after_.has_core_throttles();
    if (firmware) FirmwareThrottling();
    if (counters) {
      Grown(before_.core_throttles(), after_.core_throttles(), "a core for its heat");
      Grown(before_.package_throttles(), after_.package_throttles(), "a processor for its heat");
    }
    if (before_.has_quota_throttles() && after_.has_quota_throttles()) {
      Grown(before_.quota_throttles(), after_.quota_throttles(), "processes for their CPU quota");
    }
    if (!firmware && !counters && !after_.has_trip_celsius()) Unknown("throttling");
  }

  void FirmwareThrottling() {
    const int64_t occurred = after_.firmware_throttled() & ~before_.firmware_throttled();
    const int64_t bits = before_.firmware_throttled() | after_.firmware_throttled() |
                         (occurred >> kHasOccurredShift);
    const std::string text = FirmwareThrottleText(bits);
    if (!text.empty()) Object("throttled: the firmware reports ", text);
  }

  void Grown(int64_t before, int64_t after, const char* whom) {
    if (after <= before) return;
    Object("throttled: the kernel held back ", whom, " ", after - before,
           after - before == 1 ? " time" : " times");
  }

  void Temperature() {
    std::vector<double> celsius = WhileMeasuring(telemetry_, kTemperature);
    if (after_.has_temperature_celsius()) celsius.push_back(after_.temperature_celsius());
    if (celsius.empty()) return Unknown(kTemperature);
    const double hottest = *std::max_element(celsius.begin(), celsius.end());
    if (!after_.has_trip_celsius() || hottest < after_.trip_celsius()) return;
    Object("throttled: ",
           absl::StrFormat("%.0f degC reached the trip point of %.0f degC (%s)", hottest,
                           after_.trip_celsius(), after_.temperature_source()));
  }

  // By deciles, and without the extremes, so that one reading between two steps does not count.
  void ClockRate() {
    std::vector<double> hertz = WhileMeasuring(telemetry_, kClockMax);
    if (hertz.size() < kFewestClocks) return Unknown("clock");
    std::sort(hertz.begin(), hertz.end());
    const size_t tenth = std::max<size_t>(1, hertz.size() / 10);
    const double low = hertz[tenth], high = hertz[hertz.size() - 1 - tenth];
    const double change = 1 - low / high;
    if (change <= kMostClockChange) return;
    Object("clock changed: ", absl::StrFormat("by %.0f %% while measuring (%.0f to %.0f MHz)",
                                              change * 100, low / 1e6, high / 1e6));
  }

  void ForeignLoad() {
    const v1::CpuUse& use = result_.cpu_use();
    const int threads =
        ThreadsOf(result_).value_or(use.cores()) * std::max(result_.settings().streams(), 1);
    const double limit = ForeignLoadLimit(use.cores(), threads);
    if (!use.has_others()) return Unknown("foreign load");
    if (use.others() - use.resolution() > limit) {
      Object("foreign load: ",
             absl::StrFormat("other processes used %.0f %% of a core of the %d that the job with "
                             "%d %s may use; %.0f %% are allowed",
                             use.others() * 100, use.cores(), threads,
                             threads == 1 ? "thread" : "threads", limit * 100));
    } else if (use.others() + use.resolution() > limit) {
      Unknown("foreign load");  // too short to tell
    }
  }

  void Steal() {
    const v1::CpuUse& use = result_.cpu_use();
    if (!use.has_stolen() || use.cores() < 1) return Unknown("steal");
    const double share = use.stolen() / use.cores();
    if (share <= kMostSteal) return;
    Object("steal: ", absl::StrFormat("%.1f %% of the processors' time went to other virtual "
                                      "machines",
                                      share * 100));
  }

  void Governor() {
    const std::string& governor = result_.environment().host().governor();
    if (governor.empty() || governor == "performance") return;
    verdict_.hints.push_back(
        absl::StrCat("the governor is ", governor,
                     ", under which clocks follow the load; on the device: ", kSetGovernor));
  }

  const v1::JobResult& result_;
  const v1::Telemetry& telemetry_;
  const v1::Conditions &before_, &after_;
  Verdict verdict_;
};

}  // namespace

double ForeignLoadLimit(int cores, int threads) {
  const double free = std::max(0, cores - threads);
  return std::max(kForeignShare, std::min(kForeignShare * cores, free));
}

Verdict Judge(const v1::JobResult& result) { return Judgement(result).Run(); }

void AddVerdict(v1::JobResult& result) {
  if (result.latency().measured_ns().empty()) return;
  Verdict verdict = Judge(result);
  for (std::string& what : verdict.unknown) result.add_unknown_conditions(std::move(what));
  for (std::string& hint : verdict.hints) result.add_hints(std::move(hint));
  if (verdict.reasons.empty()) return;
  result.mutable_validity()->set_valid(false);
  for (std::string& reason : verdict.reasons) result.mutable_validity()->add_reasons(reason);
}

}  // namespace edgebench::agent
