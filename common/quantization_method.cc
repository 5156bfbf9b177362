#include "common/quantization_method.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/digest.h"
#include "common/names.h"
#include "common/precisions.h"

namespace edgebench {
namespace {

constexpr int kDefaultBatches = 2;

std::string Observer(const v1::JobSettings& s) {
  return IsCalibrated(s.precision()) ? s.observer() : "";
}

std::string WeightScheme(const v1::JobSettings& s) {
  const bool is_default = s.weight_scheme() == WeightSchemeNames().front();
  return IsInt8(s.precision()) && !is_default ? s.weight_scheme() : "";
}

// Of what is not calibrated, the data still choose which operators meet a bound.
bool DataShape(const v1::JobSettings& s) {
  return IsCalibrated(s.precision()) || s.has_min_sqnr_db();
}

// With the digest, because files of one name lie in many folders.
std::string Calibration(const v1::JobSettings& s) {
  if (!DataShape(s)) return "";
  if (s.has_calibration())
    return absl::StrCat(s.calibration_name(), " ", ShortDigest(s.calibration()));
  const bool is_default =
      !s.has_calibration_batches() || s.calibration_batches() == kDefaultBatches;
  return is_default ? "" : absl::StrCat(s.calibration_batches(), " random batches");
}

std::string Images(const v1::JobSettings& s) {
  if (!DataShape(s) || !s.has_image_preprocessing()) return "";
  const v1::ImagePreprocessing& images = s.image_preprocessing();
  return absl::StrCat("resize ", images.resize_shorter_side(), " mean ",
                      absl::StrJoin(images.mean(), ","), " std ", absl::StrJoin(images.std(), ","));
}

std::string Training(const v1::JobSettings& s) {
  if (!s.has_training()) return "";
  return absl::StrCat(s.training().steps(), " steps of ", s.training().optimizer(), " at ",
                      s.training().learning_rate());
}

}  // namespace

std::vector<MethodSetting> MethodOf(const v1::JobSettings& s) {
  return {{"observer", Observer(s)},
          {"weight scheme", WeightScheme(s)},
          {"embeddings", s.quantize_embeddings() ? "int8" : ""},
          {"keep fp32", absl::StrJoin(s.keep_fp32(), ",")},
          {"min SQNR", s.has_min_sqnr_db() ? absl::StrCat(s.min_sqnr_db(), " dB") : ""},
          {"calibration", Calibration(s)},
          {"images", Images(s)},
          {"training", Training(s)}};
}

}  // namespace edgebench
