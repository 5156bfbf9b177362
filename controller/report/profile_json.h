#pragma once

#include <nlohmann/json.hpp>

#include "db/result_store.h"
#include "edgebench/v1/profile.pb.h"

namespace edgebench::controller {

// The profile and the peaks of a measurement, as docs/results-schema.md describes them.
nlohmann::ordered_json ProfileJson(const db::Measurement& measurement);
nlohmann::ordered_json OperatorJson(const v1::ProfileReport::Operator& op);
nlohmann::ordered_json PeaksJson(const v1::RooflinePeaks& peaks);

}  // namespace edgebench::controller
