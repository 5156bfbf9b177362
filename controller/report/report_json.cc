#include "controller/report/report_json.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/stats.h"
#include "common/version.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostBins = 40;
constexpr int kMostMoments = 120;

// Four digits are more than a pixel tells, and compress well.
double Rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10, 4 - std::ceil(std::log10(std::fabs(value))));
  return std::round(value * scale) / scale;
}

Json DistributionJson(const db::Measurement& m) {
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& samples : m.processes)
    all.insert(all.end(), samples.begin(), samples.end());
  const std::optional<Histogram> histogram = HistogramOf(std::move(all), kMostBins);
  if (!histogram) return nullptr;
  Json json;
  json["edges_ns"] = Json::array();
  for (const double edge : histogram->edges) json["edges_ns"].push_back(std::llround(edge));
  json["counts"] = histogram->counts;
  json["beyond"] = histogram->beyond;
  json["processes"] = Json::array();
  for (const std::vector<int64_t>& samples : m.processes) {
    const LatencySummary one = Summarize(samples);
    json["processes"].push_back(
        {{"median", OrNull(one.median_ns)},
         {"ci95_low", one.ci95_ns ? Json(one.ci95_ns->low) : Json(nullptr)},
         {"ci95_high", one.ci95_ns ? Json(one.ci95_ns->high) : Json(nullptr)},
         {"samples", one.samples}});
  }
  return json;
}

// At most so many moments of a course, evenly spread.
Json CourseJson(const v1::JobResult& result) {
  const v1::Telemetry& telemetry = result.telemetry();
  const int moments = telemetry.offset_ns_size();
  if (moments < 2) return nullptr;
  const int step = (moments + kMostMoments - 1) / kMostMoments;
  Json json;
  json["offsets_s"] = Json::array();
  for (int i = 0; i < moments; i += step)
    json["offsets_s"].push_back(Rounded(static_cast<double>(telemetry.offset_ns(i)) / 1e9));
  json["measure_start_s"] = static_cast<double>(telemetry.measure_start_ns()) / 1e9;
  json["channels"] = Json::array();
  for (const v1::TelemetryChannel& channel : telemetry.channels()) {
    Json values = Json::array();
    for (int i = 0; i < moments; i += step) {
      const bool known = i < channel.values_size() && std::isfinite(channel.values(i));
      values.push_back(known ? Json(Rounded(channel.values(i))) : Json(nullptr));
    }
    json["channels"].push_back(
        {{"name", channel.name()}, {"unit", channel.unit()}, {"values", std::move(values)}});
  }
  return json;
}

Json VersusJson(const ReportEntry& entry) {
  if (!entry.baseline && entry.forbidding.empty()) return nullptr;
  Json json;
  json["baseline"] = OrNull(entry.baseline);
  const bool has = entry.speed_up.has_value();
  json["ratio"] = OrNull(has, has ? entry.speed_up->ratio : 0);
  json["low"] = has ? OrNull(entry.speed_up->low) : Json(nullptr);
  json["high"] = has ? OrNull(entry.speed_up->high) : Json(nullptr);
  json["confidence"] = OrNull(has, has ? entry.speed_up->confidence : 0);
  json["resolved"] = OrNull(has, has && entry.speed_up->resolved);
  json["doubts"] = has ? Json(entry.speed_up->doubts) : Json::array();
  json["not_comparable"] = entry.forbidding;
  return json;
}

Json CoverageOf(const Json& full) {
  if (full.is_null()) return nullptr;
  Json json;
  for (const char* key : {"covered_ops", "total_ops", "int8_ops", "unchanged", "skipped"})
    json[key] = full[key];
  return json;
}

Json ConditionsOf(const Json& full) {
  const auto temperature = [&full](const char* when) {
    const Json& moment = full["conditions"][when];
    return moment.is_null() ? Json(nullptr) : moment["temperature_celsius"];
  };
  const Json& cores = full["conditions"]["cpu_cores"];
  return {{"temperature_before", temperature("before")},
          {"temperature_after", temperature("after")},
          {"others_cores", cores.is_null() ? Json(nullptr) : cores["others"]},
          {"stolen_cores", cores.is_null() ? Json(nullptr) : cores["stolen"]}};
}

Json EnergyOf(const Json& full) {
  if (full.is_null()) return nullptr;
  Json json;
  for (const char* key : {"joules_per_inference", "joules_per_inference_low",
                          "joules_per_inference_high", "source", "mean_watts"})
    json[key] = full[key];
  return json;
}

Json ParityOf(const Json& full) {
  if (full.is_null()) return nullptr;
  Json json;
  for (const char* key : {"sqnr_db", "cosine", "top1_agreement", "top1_rows", "bit_identical",
                          "random_weights", "source"})
    json[key] = full[key];
  return json;
}

Json EntryJson(const ReportEntry& entry, size_t id) {
  const db::Measurement& m = *entry.measurement;
  const Json full = MeasurementJson(m);
  Json json;
  json["id"] = id;
  for (const char* key : {"device", "model"}) json[key] = full[key];
  json["weights"] = full["weights"].is_null() ? Json(nullptr) : full["weights"]["name"];
  for (const char* key :
       {"precision", "engine", "target", "threads", "batch", "image_size", "seq_len", "frames"})
    json[key] = full[key];
  json["ctc_weight"] = full["decoding"].is_null() ? Json(nullptr) : full["decoding"]["ctc_weight"];
  json["optimize"] = full["optimize"];
  json["scenario"] = full["scenario"].is_null() ? Json("steady") : full["scenario"];
  json["variant"] = OrNull(entry.variant);
  for (const char* key :
       {"run_id", "trial", "stored_time", "outcome", "stage", "message", "verdict", "latency_ns",
        "real_time_factor", "cold", "throughput", "server", "model_bytes"})
    json[key] = full[key];
  json["model_bytes_fp32"] = full["fp32_model_bytes"];
  for (const char* key : {"parameters", "flops", "peak_rss_bytes", "model_memory_bytes"})
    json[key] = full[key];
  json["energy"] = EnergyOf(full["energy"]);
  json["energy_reason"] = full["energy_reason"];
  json["parity"] = ParityOf(full["parity"]);
  json["coverage"] = CoverageOf(full["coverage"]);
  json["validity"] = full["validity"];
  json["versus_fp32"] = VersusJson(entry);
  json["conditions"] = ConditionsOf(full);
  json["notes"] = full["notes"];
  json["environment"] = entry.environment;
  return json;
}

const char* KindName(ReportSentence::Kind kind) {
  constexpr const char* kNames[] = {"fastest", "smallest", "trade_off",
                                    "energy",  "failure",  "caution"};
  return kNames[static_cast<int>(kind)];
}

Json SummaryJson(const std::vector<ReportSentence>& summary) {
  Json json = Json::array();
  for (const ReportSentence& sentence : summary) {
    json.push_back({{"kind", KindName(sentence.kind)},
                    {"text", sentence.text},
                    {"model", OrNull(sentence.model)},
                    {"device", OrNull(sentence.device)},
                    {"precision", OrNull(sentence.precision)},
                    {"measurements", sentence.entries}});
  }
  return json;
}

size_t BytesOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace).size();
}

// The figures of all entries first, then what there is room for.
void AddDetails(const ReportData& report, size_t most_bytes, Json& document) {
  size_t left = most_bytes, omitted = 0;
  for (size_t i = 0; i < report.entries.size(); ++i) {
    Json& json = document["measurements"][i];
    Json distribution = DistributionJson(*report.entries[i].measurement);
    Json course = CourseJson(report.entries[i].measurement->result);
    const size_t bytes = BytesOf(distribution) + BytesOf(course);
    const bool fits = bytes <= left;
    left -= fits ? bytes : 0;
    omitted += fits ? 0 : 1;
    json["distribution"] = fits ? std::move(distribution) : Json(nullptr);
    json["course"] = fits ? std::move(course) : Json(nullptr);
  }
  if (omitted == 0) return;
  document["omitted"].push_back(absl::StrCat(
      "The distributions and courses of ", omitted, " of ", report.entries.size(),
      " measurements were left out to keep the page small: a report of fewer shows them."));
}

}  // namespace

Json ReportDocument(const ReportData& report, size_t most_bytes_of_details) {
  Json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["title"] = report.title;
  document["generated_time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", report.generated, absl::UTCTimeZone());
  document["edgebench_version"] = kVersion;
  document["selection"] = report.selection;
  document["omitted"] = Json::array();
  document["summary"] = SummaryJson(report.summary);
  document["measurements"] = Json::array();
  for (size_t i = 0; i < report.entries.size(); ++i)
    document["measurements"].push_back(EntryJson(report.entries[i], i));
  AddDetails(report, most_bytes_of_details, document);
  document["rooflines"] = Json::array();
  for (const ReportData::Roofline& roofline : report.rooflines) {
    Json json = RooflineDocument(*roofline.peaks, roofline.models);
    json.erase("schema_version");
    document["rooflines"].push_back(std::move(json));
  }
  document["environments"] = Json::array();
  for (const ReportEnvironment& one : report.environments) {
    Json json = {{"device", one.device}};
    json.update(EnvironmentJson(one.environment));
    document["environments"].push_back(std::move(json));
  }
  return document;
}

}  // namespace edgebench::controller
