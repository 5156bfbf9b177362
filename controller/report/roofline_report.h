#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/report/roofline.h"
#include "controller/report/table.h"
#include "db/result_store.h"

namespace edgebench::controller {

// One line under the roof: a model or one of its operators.
struct RooflineRow {
  std::string label, kind;  // kind is empty for a model
  v1::Precision precision = v1::PRECISION_UNSPECIFIED;
  double nanos = 0;
  double share = 1;  // of an inference
  RooflinePoint point;
};

struct ModelRoofline {
  const db::Measurement* profile = nullptr;
  // Of the inferences without the profiler; under the roof of the model's precision.
  RooflineRow whole;
  std::vector<RooflineRow> operators;  // with the largest shares, largest first
};

// `profile` outlives it.
ModelRoofline PlaceModel(const db::Measurement& profile, const Roof& roof, int top);

// The peaks, then each model with its operators.
std::string RooflineText(const db::Measurement& peaks, const std::vector<ModelRoofline>& models,
                         const Table::Style& style);

nlohmann::ordered_json RooflineDocument(const db::Measurement& peaks,
                                        const std::vector<ModelRoofline>& models);

}  // namespace edgebench::controller
