#include "controller/report/conditions_json.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "controller/report/json_values.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

template <typename Texts>
Json TextsJson(const Texts& texts) {
  Json json = Json::array();
  for (const auto& text : texts) json.push_back(text);
  return json;
}

Json MomentJson(bool known, const v1::Conditions& c) {
  if (!known) return nullptr;
  Json json;
  json["load"] = c.has_load_1() ? Json{c.load_1(), c.load_5(), c.load_15()} : Json(nullptr);
  json["temperature_celsius"] = OrNull(c.has_temperature_celsius(), c.temperature_celsius());
  json["temperature_source"] = OrNull(c.temperature_source());
  json["trip_celsius"] = OrNull(c.has_trip_celsius(), c.trip_celsius());
  json["firmware_throttled"] = OrNull(c.has_firmware_throttled(), c.firmware_throttled());
  json["core_throttles"] = OrNull(c.has_core_throttles(), c.core_throttles());
  json["package_throttles"] = OrNull(c.has_package_throttles(), c.package_throttles());
  json["quota_throttles"] = OrNull(c.has_quota_throttles(), c.quota_throttles());
  json["memory_available_bytes"] =
      OrNull(c.has_memory_available_bytes(), c.memory_available_bytes());
  json["swap_used_bytes"] = OrNull(c.has_swap_used_bytes(), c.swap_used_bytes());
  return json;
}

Json CpuJson(const v1::JobResult& result) {
  if (!result.has_cpu_use()) return nullptr;
  const v1::CpuUse& use = result.cpu_use();
  Json json;
  json["duration_ns"] = use.duration_ns();
  json["cores"] = OrNull(use.cores() > 0, use.cores());
  json["worker"] = OrNull(use.has_worker(), use.worker());
  json["others"] = OrNull(use.has_others(), use.others());
  json["stolen"] = OrNull(use.has_stolen(), use.stolen());
  json["resolution"] = OrNull(use.has_resolution(), use.resolution());
  return json;
}

// Of the values that were read; while measuring where that was reached.
void AddSummary(const v1::Telemetry& telemetry, const v1::TelemetryChannel& channel, Json& json) {
  std::vector<double> values;
  const int rows = std::min(channel.values_size(), telemetry.offset_ns_size());
  for (int row = 0; row < rows; ++row) {
    if (telemetry.offset_ns(row) < telemetry.measure_start_ns()) continue;
    if (!std::isnan(channel.values(row))) values.push_back(channel.values(row));
  }
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  json["count"] = count;
  json["min"] = OrNull(count > 0, count > 0 ? values.front() : 0);
  json["median"] =
      OrNull(count > 0, count > 0 ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0);
  json["max"] = OrNull(count > 0, count > 0 ? values.back() : 0);
}

Json SeriesJson(const v1::TelemetryChannel& channel) {
  Json json = Json::array();
  for (const double value : channel.values()) json.push_back(OrNull(!std::isnan(value), value));
  return json;
}

Json TelemetryJson(const v1::JobResult& result, bool whole_series) {
  if (!result.has_telemetry()) return nullptr;
  const v1::Telemetry& telemetry = result.telemetry();
  Json json;
  json["period_ns"] = telemetry.period_ns();
  json["measure_start_ns"] = OrNull(telemetry.has_measure_start_ns(), telemetry.measure_start_ns());
  if (whole_series) json["offsets_ns"] = TextsJson(telemetry.offset_ns());
  json["channels"] = Json::array();
  for (const v1::TelemetryChannel& channel : telemetry.channels()) {
    Json one;
    one["name"] = channel.name();
    one["unit"] = channel.unit();
    one["source"] = channel.source();
    AddSummary(telemetry, channel, one);
    if (whole_series) one["values"] = SeriesJson(channel);
    json["channels"].push_back(std::move(one));
  }
  return json;
}

}  // namespace

void AddConditions(const v1::JobResult& result, bool whole_series, Json& json) {
  json["conditions"]["before"] =
      MomentJson(result.has_conditions_before(), result.conditions_before());
  json["conditions"]["after"] =
      MomentJson(result.has_conditions_after(), result.conditions_after());
  json["conditions"]["cpu_cores"] = CpuJson(result);
  json["unknown_conditions"] = TextsJson(result.unknown_conditions());
  json["hints"] = TextsJson(result.hints());
  json["telemetry"] = TelemetryJson(result, whole_series);
}

void AddProcessorFacts(const v1::HostInfo& host, Json& json) {
  json["cpu_flags"] = TextsJson(host.cpu_flags());
  json["usable_cpus"] = OrNull(host.usable_cpus());
  json["frequency_min_hz"] = OrNull(host.has_frequency_min_hz(), host.frequency_min_hz());
  json["frequency_max_hz"] = OrNull(host.has_frequency_max_hz(), host.frequency_max_hz());
  json["hardware_frequency_min_hz"] =
      OrNull(host.has_hardware_frequency_min_hz(), host.hardware_frequency_min_hz());
  json["hardware_frequency_max_hz"] =
      OrNull(host.has_hardware_frequency_max_hz(), host.hardware_frequency_max_hz());
  json["turbo"] = OrNull(host.has_turbo(), host.turbo());
  json["smt_active"] = OrNull(host.has_smt_active(), host.smt_active());
  json["numa_nodes"] = OrNull(host.has_numa_nodes(), host.numa_nodes());
  json["virtualization"] = OrNull(host.virtualization());
  json["container"] = OrNull(host.container());
  json["cpu_quota"] = OrNull(host.has_cpu_quota(), host.cpu_quota());
  json["clock_source"] = OrNull(host.clock_source());
  json["power_mode"] = OrNull(host.power_mode());
  json["transparent_huge_pages"] = OrNull(host.transparent_huge_pages());
  json["openmp"] = TextsJson(host.openmp());
}

}  // namespace edgebench::controller
