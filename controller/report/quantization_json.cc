#include "controller/report/quantization_json.h"

#include "common/names.h"
#include "common/precisions.h"
#include "controller/report/json_values.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

// Of all outputs together, or of one.
template <typename Agreement>
Json AgreementJson(const Agreement& agreement) {
  Json json;
  json["sqnr_db"] = OrNull(agreement.has_sqnr_db(), agreement.sqnr_db());
  json["cosine"] = OrNull(agreement.has_cosine(), agreement.cosine());
  json["top1_agreement"] = OrNull(agreement.has_top1_agreement(), agreement.top1_agreement());
  json["top1_rows"] = OrNull(agreement.has_top1_rows(), agreement.top1_rows());
  json["max_abs_difference"] =
      OrNull(agreement.has_max_abs_difference(), agreement.max_abs_difference());
  json["bit_identical"] = agreement.bit_identical();
  return json;
}

Json ExecutedJson(const v1::Coverage& coverage) {
  Json json = Json::array();
  for (const v1::Coverage::Executed& op : coverage.executed()) {
    json.push_back({{"name", OrNull(op.name())},
                    {"kind", op.kind()},
                    {"precision", OrNull(PrecisionName(op.precision()))},
                    {"reason", OrNull(op.reason())},
                    {"count", op.count()}});
  }
  return json;
}

Json TrainingSettingsJson(const v1::JobSettings& settings) {
  if (!settings.has_training()) return nullptr;
  const v1::Training& training = settings.training();
  return {{"steps", OrNull(training.has_steps(), training.steps())},
          {"learning_rate", OrNull(training.has_learning_rate(), training.learning_rate())},
          {"optimizer", OrNull(training.optimizer())}};
}

Json SettingsJson(const v1::JobSettings& settings) {
  if (!IsQuantizing(settings.precision())) return nullptr;
  Json json;
  json["observer"] = OrNull(settings.observer());
  json["weight_scheme"] = OrNull(settings.weight_scheme());
  json["embeddings"] = settings.quantize_embeddings() ? "int8" : "fp32";
  json["keep_fp32"] = settings.keep_fp32();
  json["min_sqnr_db"] = OrNull(settings.has_min_sqnr_db(), settings.min_sqnr_db());
  json["calibration"] = OrNull(settings.calibration_name());
  json["calibration_digest"] = OrNull(settings.calibration().sha256());
  json["training"] = TrainingSettingsJson(settings);
  return json;
}

Json SensitivityJson(const v1::JobResult& result) {
  Json json = Json::array();
  for (const v1::OperatorSensitivity& op : result.sensitivity()) {
    json.push_back({{"name", op.name()},
                    {"kind", op.kind()},
                    {"sqnr_db", OrNull(op.has_sqnr_db(), op.sqnr_db())},
                    {"kept_fp32", op.kept_fp32()}});
  }
  return json;
}

Json TrainingJson(const v1::JobResult& result) {
  if (!result.has_training()) return nullptr;
  const v1::TrainingReport& training = result.training();
  return {{"loss", training.loss()},
          {"finished_early", training.finished_early()},
          {"sqnr_db_before", OrNull(training.has_sqnr_db_before(), training.sqnr_db_before())}};
}

Json SizesJson(const v1::JobResult& result) {
  if (!result.has_sizes()) return nullptr;
  const v1::ModelSizes& sizes = result.sizes();
  Json json;
  json["parts"] = Json::array();
  for (const v1::ModelSizes::Part& part : sizes.parts()) {
    json["parts"].push_back(
        {{"precision", part.precision()}, {"elements", part.elements()}, {"bytes", part.bytes()}});
  }
  json["packed_bytes"] = OrNull(sizes.has_packed_bytes(), sizes.packed_bytes());
  return json;
}

}  // namespace

Json ParityJson(const v1::JobResult& result) {
  if (!result.has_parity()) return nullptr;
  Json json = AgreementJson(result.parity());
  json["random_weights"] = result.parity().random_weights();
  json["source"] = OrNull(result.parity().source());
  json["outputs"] = Json::array();
  for (const v1::Parity::Output& output : result.parity().outputs()) {
    Json entry = AgreementJson(output);
    entry["shape"] = OrNull(output.shape());
    json["outputs"].push_back(std::move(entry));
  }
  return json;
}

Json CoverageJson(const v1::JobResult& result) {
  if (!result.has_coverage()) return nullptr;
  const v1::Coverage& coverage = result.coverage();
  Json json;
  json["int8_ops"] = coverage.int8_ops();
  json["total_ops"] = coverage.total_ops();
  json["covered_ops"] = CoveredOps(coverage);
  json["unchanged"] = ChangedNothing(result);
  json["skipped"] = Json::array();
  for (const v1::Coverage::Operator& op : coverage.skipped()) {
    json["skipped"].push_back(
        {{"kind", op.kind()}, {"reason", op.reason()}, {"count", op.count()}});
  }
  json["executed"] = ExecutedJson(coverage);
  return json;
}

void AddQuantization(const v1::JobResult& result, Json& json) {
  json["quantization"] = SettingsJson(result.settings());
  json["calibration_source"] = OrNull(result.calibration_source());
  json["sensitivity"] = SensitivityJson(result);
  json["training"] = TrainingJson(result);
  json["sizes"] = SizesJson(result);
}

}  // namespace edgebench::controller
