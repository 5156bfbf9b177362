#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "controller/device_run.h"
#include "db/result_store.h"

namespace edgebench::controller {

// The JSON documents of the reading commands; docs/results-schema.md describes
// them. Unknown is null.

inline constexpr int kJsonSchemaVersion = 1;

// Whether every value of telemetry is told, or a summary of each channel.
enum class Series { kSummary, kWhole };

nlohmann::ordered_json MeasurementJson(const db::Measurement& measurement,
                                       Series series = Series::kSummary);

nlohmann::ordered_json EnvironmentJson(const v1::Environment& environment);

// {"schema_version", "measurements": [...]}
nlohmann::ordered_json MeasurementsDocument(const std::vector<db::Measurement>& measurements,
                                            Series series = Series::kSummary);

// As MeasurementsDocument, and "not_measured": the cells that have none, and why.
nlohmann::ordered_json BenchDocument(const std::string& run_id,
                                     const std::vector<CellReport>& reports);

// What `quantize --json` prints.
nlohmann::ordered_json QuantizeDocument(const db::Measurement& measurement,
                                        const std::string& output_path);

nlohmann::ordered_json CapabilitiesDocument(const std::string& device, const std::string& address,
                                            const v1::Capabilities& capabilities);

nlohmann::ordered_json ZooModelJson(const v1::ZooModel& model);

// With two blanks of indentation and a line feed at the end. Bytes that are no
// UTF-8, which a device may have sent, are replaced.
std::string Serialize(const nlohmann::ordered_json& document);

}  // namespace edgebench::controller
