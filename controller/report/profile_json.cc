#include "controller/report/profile_json.h"

#include <optional>

#include "common/names.h"
#include "controller/report/json_values.h"
#include "controller/report/profile_figures.h"
#include "controller/report/roofline.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

Json PerSecond(const std::optional<double>& per_nano) {
  return OrNull(per_nano.has_value(), per_nano.value_or(0) * 1e9);
}

}  // namespace

Json OperatorJson(const v1::ProfileReport::Operator& op) {
  Json json;
  json["name"] = OrNull(op.name());
  json["kind"] = op.kind();
  json["precision"] = OrNull(PrecisionName(op.precision()));
  json["calls"] = op.calls();
  json["total_ns"] = op.total_ns();
  json["min_ns"] = op.min_ns();
  json["self_ns"] = op.self_ns();
  json["share"] = op.share();
  json["multiply_adds"] = OrNull(op.has_multiply_adds(), op.multiply_adds());
  json["bytes"] = OrNull(op.has_bytes(), op.bytes());
  json["flops_per_second"] = PerSecond(FlopsPerNano(op));
  json["bytes_per_second"] = PerSecond(BytesPerNano(op));
  json["intensity"] = OrNull(Intensity(op));
  json["input_shape"] = OrNull(op.input_shape());
  json["output_shape"] = OrNull(op.output_shape());
  return json;
}

Json ProfileJson(const db::Measurement& measurement) {
  const v1::ProfileReport& profile = measurement.result.profile();
  const std::optional<ProfilerOverhead> overhead = OverheadOf(measurement);
  Json json;
  json["pairs"] = overhead ? Json(overhead->pairs) : Json(nullptr);
  json["plain_ns"] = overhead ? Json(overhead->plain_ns) : Json(nullptr);
  json["profiled_ns"] = overhead ? Json(overhead->profiled_ns) : Json(nullptr);
  json["profiler_overhead"] = overhead ? Json(overhead->relative) : Json(nullptr);
  json["share_outside_operators"] = ShareOutsideOperators(profile);
  json["operators"] = Json::array();
  for (const int place : ByShare(profile))
    json["operators"].push_back(OperatorJson(profile.operators(place)));
  return json;
}

Json PeaksJson(const v1::RooflinePeaks& peaks) {
  Json json = Json::array();
  for (const v1::RooflinePeaks::Peak& peak : peaks.peaks()) {
    const std::optional<PeakSummary> summary = SummaryOf(peak);
    if (!summary) continue;
    json.push_back({{"quantity", PeakQuantityName(peak.quantity())},
                    {"threads", peak.threads()},
                    {"per_second", summary->median},
                    {"min", summary->min},
                    {"max", summary->max},
                    {"samples", summary->runs},
                    {"workload", OrNull(peak.workload())}});
  }
  return json;
}

}  // namespace edgebench::controller
