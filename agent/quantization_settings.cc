#include "agent/quantization_settings.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/settings_checks.h"
#include "common/digest.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr size_t kMaxKept = 1000;  // names of operators
constexpr double kMaxSqnrDb = 200;
constexpr int32_t kMaxResize = 8192;
constexpr int32_t kMaxSteps = 100'000;
// Of the networks of ImageNet, see ImagePreprocessing in job.proto.
constexpr double kMean[] = {0.485, 0.456, 0.406};
constexpr double kStd[] = {0.229, 0.224, 0.225};

// For a field that does not apply to the precision that was asked for.
absl::Status RefuseFor(absl::string_view field, const v1::JobSettings& settings,
                       absl::string_view applies) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is given, with precision ",
                                                 PrecisionName(settings.precision()),
                                                 "; allowed: with ", applies));
}

// Equal sets are equal settings.
absl::Status NormalizeKept(v1::JobSettings& settings) {
  std::vector<std::string> names(settings.keep_fp32().begin(), settings.keep_fp32().end());
  if (names.empty()) return absl::OkStatus();
  if (!IsQuantizing(settings.precision())) {
    return RefuseFor("keep_fp32", settings, "a precision that quantizes");
  }
  if (names.size() > kMaxKept) {
    return Refuse("keep_fp32", absl::StrCat(names.size(), " names"),
                  absl::StrCat("at most ", kMaxKept));
  }
  if (std::find(names.begin(), names.end(), "") != names.end()) {
    return Refuse("keep_fp32", "\"\"", "names of operators, such as \"classifier.1\"");
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  settings.mutable_keep_fp32()->Assign(names.begin(), names.end());
  return absl::OkStatus();
}

absl::Status NormalizeSensitivity(v1::JobSettings& settings) {
  const v1::Precision precision = settings.precision();
  if (settings.has_min_sqnr_db()) {
    // Each try of int8-qat would be a training.
    if (!IsQuantizing(precision) || precision == v1::PRECISION_INT8_QAT) {
      return RefuseFor("min_sqnr_db", settings, "a precision that quantizes, except int8-qat");
    }
    // Written so that NaN is refused too.
    if (!(settings.min_sqnr_db() > 0 && settings.min_sqnr_db() <= kMaxSqnrDb)) {
      return Refuse("min_sqnr_db", settings.min_sqnr_db(),
                    absl::StrCat("more than 0, at most ", kMaxSqnrDb));
    }
    settings.set_sensitivity(true);
  }
  if (!IsQuantizing(precision)) settings.clear_sensitivity();
  return absl::OkStatus();
}

absl::Status NormalizeWeights(v1::JobSettings& settings) {
  if (settings.quantize_embeddings() && !TakesEmbeddings(settings.precision())) {
    return RefuseFor("quantize_embeddings", settings, "int8-dynamic, int8-weight-only");
  }
  if (!IsInt8(settings.precision())) {
    settings.clear_weight_scheme();
    return absl::OkStatus();
  }
  if (settings.weight_scheme().empty()) settings.set_weight_scheme(WeightSchemeNames().front());
  return CheckName("weight_scheme", settings.weight_scheme(), WeightSchemeNames());
}

absl::Status NormalizeColors(absl::string_view field, const double (&defaults)[3], bool positive,
                             google::protobuf::RepeatedField<double>& values) {
  if (values.empty()) values.Assign(std::begin(defaults), std::end(defaults));
  if (values.size() != 3) {
    return Refuse(field, absl::StrCat(values.size(), " values"), "3: red, green, blue");
  }
  for (const double value : values) {
    if (!std::isfinite(value) || (positive && value <= 0)) {
      return Refuse(field, value, positive ? "more than 0" : "finite numbers");
    }
  }
  return absl::OkStatus();
}

absl::Status NormalizeImages(v1::JobSettings& settings) {
  v1::ImagePreprocessing& images = *settings.mutable_image_preprocessing();
  if (!images.has_resize_shorter_side() && settings.has_image_size()) {
    const double resize = std::round(settings.image_size() * 256.0 / 224);
    images.set_resize_shorter_side(std::min(static_cast<int32_t>(resize), kMaxResize));
  }
  if (images.has_resize_shorter_side()) {
    EDGEBENCH_RETURN_IF_ERROR(CheckRange("image_preprocessing.resize_shorter_side",
                                         images.resize_shorter_side(), 1, kMaxResize));
  }
  EDGEBENCH_RETURN_IF_ERROR(NormalizeColors("image_preprocessing.mean", kMean, /*positive=*/false,
                                            *images.mutable_mean()));
  return NormalizeColors("image_preprocessing.std", kStd, /*positive=*/true, *images.mutable_std());
}

absl::Status NormalizeData(const std::function<absl::Status(const v1::Digest&)>& find_artifact,
                           v1::JobSettings& settings) {
  if (!settings.has_calibration()) {
    settings.clear_calibration_name();
    settings.clear_image_preprocessing();
    return absl::OkStatus();
  }
  const v1::Digest& digest = settings.calibration();
  if (absl::Status status = ValidateDigest(digest); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("calibration: ", status.message()));
  }
  EDGEBENCH_RETURN_IF_ERROR(find_artifact(digest));
  EDGEBENCH_RETURN_IF_ERROR(
      NormalizeName("calibration_name", digest, *settings.mutable_calibration_name()));
  return NormalizeImages(settings);
}

absl::Status NormalizeCalibration(
    const std::function<absl::Status(const v1::Digest&)>& find_artifact,
    v1::JobSettings& settings) {
  if (!IsCalibrated(settings.precision())) {
    settings.clear_observer();
    settings.clear_calibration_batches();
    // Of what nothing is calibrated with, parity is measured on it still.
    if (!IsQuantizing(settings.precision())) settings.clear_calibration();
    return NormalizeData(find_artifact, settings);
  }
  if (settings.observer().empty()) settings.set_observer("histogram");
  EDGEBENCH_RETURN_IF_ERROR(CheckName("observer", settings.observer(), ObserverNames()));
  if (!settings.has_calibration_batches()) settings.set_calibration_batches(2);
  EDGEBENCH_RETURN_IF_ERROR(
      CheckRange("calibration_batches", settings.calibration_batches(), 1, kMaxFixedSamples));
  return NormalizeData(find_artifact, settings);
}

absl::Status NormalizeTraining(v1::JobSettings& settings) {
  if (settings.precision() != v1::PRECISION_INT8_QAT) {
    return settings.has_training() ? RefuseFor("training", settings, "int8-qat") : absl::OkStatus();
  }
  v1::Training& training = *settings.mutable_training();
  if (!training.has_steps()) training.set_steps(100);
  EDGEBENCH_RETURN_IF_ERROR(CheckRange("training.steps", training.steps(), 1, kMaxSteps));
  if (training.optimizer().empty()) training.set_optimizer(TrainingOptimizerNames().front());
  EDGEBENCH_RETURN_IF_ERROR(
      CheckName("training.optimizer", training.optimizer(), TrainingOptimizerNames()));
  // A quantized model is near its goal when training starts: larger steps lead away.
  constexpr double kAdamRate = 1e-6, kSgdRate = 1e-4;
  if (!training.has_learning_rate()) {
    training.set_learning_rate(training.optimizer() == "sgd" ? kSgdRate : kAdamRate);
  }
  if (!(training.learning_rate() > 0 && training.learning_rate() <= 1)) {
    return Refuse("training.learning_rate", training.learning_rate(), "more than 0, at most 1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NormalizeQuantization(
    const std::function<absl::Status(const v1::Digest&)>& find_artifact,
    v1::JobSettings& settings) {
  EDGEBENCH_RETURN_IF_ERROR(NormalizeKept(settings));
  EDGEBENCH_RETURN_IF_ERROR(NormalizeSensitivity(settings));
  EDGEBENCH_RETURN_IF_ERROR(NormalizeWeights(settings));
  EDGEBENCH_RETURN_IF_ERROR(NormalizeCalibration(find_artifact, settings));
  return NormalizeTraining(settings);
}

}  // namespace edgebench::agent
