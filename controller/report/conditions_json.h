#pragma once

#include <nlohmann/json.hpp>

#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// How the device was, as JSON; docs/results-schema.md describes it.

// Adds "conditions", "unknown_conditions", "hints" and "telemetry": a summary for each
// channel while measuring, and with `whole_series` all values.
void AddConditions(const v1::JobResult& result, bool whole_series, nlohmann::ordered_json& json);

// Adds what of a host decides how fast it is, and how it is set.
void AddProcessorFacts(const v1::HostInfo& host, nlohmann::ordered_json& json);

}  // namespace edgebench::controller
