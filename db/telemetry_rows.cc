#include "db/telemetry_rows.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "db/connection.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

// The shortest text that reads back as the same number; JSON has none for NaN.
std::string JsonNumber(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string JsonArray(const google::protobuf::RepeatedField<double>& values) {
  return absl::StrCat("[",
                      absl::StrJoin(values, ",",
                                    [](std::string* out, double value) {
                                      absl::StrAppend(out, JsonNumber(value));
                                    }),
                      "]");
}

std::optional<double> Celsius(const v1::Conditions& conditions) {
  if (!conditions.has_temperature_celsius()) return std::nullopt;
  return conditions.temperature_celsius();
}

}  // namespace

void BindConditions(SQLite::Statement& insert, const v1::JobResult& result) {
  const v1::CpuUse& use = result.cpu_use();
  const v1::Telemetry& telemetry = result.telemetry();
  BindTextOrNull(insert, ":invalid_because", absl::StrJoin(result.validity().reasons(), "; "));
  BindTextOrNull(insert, ":unknown_conditions", absl::StrJoin(result.unknown_conditions(), ", "));
  BindReal(insert, ":cpu_others", use.has_others() ? std::optional(use.others()) : std::nullopt);
  BindReal(insert, ":cpu_stolen", use.has_stolen() ? std::optional(use.stolen()) : std::nullopt);
  BindReal(insert, ":celsius_before", Celsius(result.conditions_before()));
  BindReal(insert, ":celsius_after", Celsius(result.conditions_after()));
  BindTextOrNull(insert, ":telemetry_offsets_ns",
                 result.has_telemetry()
                     ? absl::StrCat("[", absl::StrJoin(telemetry.offset_ns(), ","), "]")
                     : "");
  BindInteger(insert, ":telemetry_measure_start_ns",
              telemetry.has_measure_start_ns() ? std::optional(telemetry.measure_start_ns())
                                               : std::nullopt);
}

void BindSurroundings(SQLite::Statement& insert, const v1::HostInfo& host) {
  const auto bind = [&](const char* name, bool known, int64_t value) {
    BindInteger(insert, name, known ? std::optional(value) : std::nullopt);
  };
  bind(":usable_cores", host.has_usable_cores(), host.usable_cores());
  bind(":frequency_max_hz", host.has_frequency_max_hz(), host.frequency_max_hz());
  bind(":turbo", host.has_turbo(), host.turbo());
  bind(":smt_active", host.has_smt_active(), host.smt_active());
  BindTextOrNull(insert, ":cpu_flags", absl::StrJoin(host.cpu_flags(), " "));
  BindTextOrNull(insert, ":virtualization", host.virtualization());
  BindTextOrNull(insert, ":container", host.container());
  BindTextOrNull(insert, ":power_mode", host.power_mode());
  BindTextOrNull(insert, ":clock_source", host.clock_source());
  BindTextOrNull(insert, ":transparent_huge_pages", host.transparent_huge_pages());
}

void InsertTelemetry(Connection& connection, int64_t measurement_id,
                     const v1::Telemetry& telemetry) {
  for (int position = 0; position < telemetry.channels_size(); ++position) {
    const v1::TelemetryChannel& channel = telemetry.channels(position);
    CachedStatement insert(
        connection,
        "INSERT INTO telemetry (measurement_id, position, channel, unit, source, channel_values)"
        " VALUES (:id, :position, :channel, :unit, :source, :values)");
    insert.bind(":id", measurement_id);
    insert.bind(":position", position);
    BindText(insert, ":channel", channel.name());
    BindText(insert, ":unit", channel.unit());
    BindText(insert, ":source", channel.source());
    BindText(insert, ":values", JsonArray(channel.values()));
    insert.exec();
  }
}

void ClearTelemetryRows(v1::Telemetry& telemetry) {
  telemetry.clear_offset_ns();
  telemetry.clear_channels();
}

void ReadTelemetry(Connection& connection, int64_t measurement_id, v1::Telemetry& telemetry) {
  CachedStatement offsets(connection,
                          "SELECT moment.value FROM measurement,"
                          " json_each(telemetry_offsets_ns) AS moment WHERE measurement.id = :id"
                          " ORDER BY moment.key");
  offsets.bind(":id", measurement_id);
  while (offsets.executeStep()) telemetry.add_offset_ns(offsets.getColumn(0).getInt64());
  CachedStatement rows(connection,
                       "SELECT channel, unit, source, reading.key, reading.value FROM telemetry,"
                       " json_each(channel_values) AS reading WHERE measurement_id = :id"
                       " ORDER BY position, reading.key");
  rows.bind(":id", measurement_id);
  while (rows.executeStep()) {
    if (rows.getColumn(3).getInt() == 0) {
      v1::TelemetryChannel& channel = *telemetry.add_channels();
      channel.set_name(rows.getColumn(0).getString());
      channel.set_unit(rows.getColumn(1).getString());
      channel.set_source(rows.getColumn(2).getString());
    }
    const SQLite::Column value = rows.getColumn(4);
    telemetry.mutable_channels()->rbegin()->add_values(
        value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble());
  }
}

}  // namespace edgebench::db
