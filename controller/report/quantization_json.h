#pragma once

#include <nlohmann/json.hpp>

#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// The parts of a result that are of quantization, each null where there is none;
// docs/results-schema.md describes them.

nlohmann::ordered_json ParityJson(const v1::JobResult& result);
nlohmann::ordered_json CoverageJson(const v1::JobResult& result);

// Adds "quantization", the settings, and what came of them: "calibration_source",
// "sensitivity", "training", "sizes".
void AddQuantization(const v1::JobResult& result, nlohmann::ordered_json& json);

}  // namespace edgebench::controller
