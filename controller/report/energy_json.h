#pragma once

#include <nlohmann/json.hpp>

#include "edgebench/v1/energy.pb.h"

namespace edgebench::controller {

// The field `energy` of a measurement (docs/results-schema.md#json): null without any figure.
nlohmann::ordered_json EnergyJson(const v1::Energy& energy);

}  // namespace edgebench::controller
