#include "common/quantization_method.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Said(const v1::JobSettings& settings) {
  std::vector<std::string> said;
  for (const MethodSetting& setting : MethodOf(settings))
    if (!setting.value.empty()) said.push_back(absl::StrCat(setting.name, ": ", setting.value));
  return said;
}

v1::JobSettings Of(v1::Precision precision) {
  v1::JobSettings settings;
  settings.set_precision(precision);
  settings.set_observer("histogram");
  settings.set_weight_scheme("per-channel");
  settings.set_calibration_batches(2);
  return settings;
}

TEST(QuantizationMethod, OfWhatIsNotQuantizedIsSilent) {
  EXPECT_THAT(Said(Of(v1::PRECISION_FP32)), IsEmpty());
  EXPECT_THAT(Said(Of(v1::PRECISION_AS_STORED)), IsEmpty());
}

TEST(QuantizationMethod, IsSilentOnDefaultsButTheObserver) {
  EXPECT_THAT(Said(Of(v1::PRECISION_INT8_DYNAMIC)), IsEmpty());
  EXPECT_THAT(Said(Of(v1::PRECISION_INT8_STATIC)), ElementsAre("observer: histogram"));
}

TEST(QuantizationMethod, TellsEveryChoice) {
  v1::JobSettings settings = Of(v1::PRECISION_INT8_QAT);
  settings.set_observer("mse");
  settings.set_weight_scheme("per-tensor");
  settings.add_keep_fp32("conv1");
  settings.add_keep_fp32("fc");
  settings.set_calibration_name("dogs.tar");
  settings.mutable_calibration()->set_sha256(std::string(64, 'a'));
  settings.mutable_image_preprocessing()->set_resize_shorter_side(256);
  for (const double value : {0.5, 0.25, 0.125}) {
    settings.mutable_image_preprocessing()->add_mean(value);
    settings.mutable_image_preprocessing()->add_std(value);
  }
  settings.mutable_training()->set_steps(50);
  settings.mutable_training()->set_learning_rate(1e-4);
  settings.mutable_training()->set_optimizer("sgd");
  EXPECT_THAT(Said(settings),
              ElementsAre("observer: mse", "weight scheme: per-tensor", "keep fp32: conv1,fc",
                          "calibration: dogs.tar aaaaaaaaaaaa",
                          "images: resize 256 mean 0.5,0.25,0.125 std 0.5,0.25,0.125",
                          "training: 50 steps of sgd at 0.0001"));
}

TEST(QuantizationMethod, TellsEmbeddingsBoundsAndRandomBatches) {
  v1::JobSettings settings = Of(v1::PRECISION_INT8_DYNAMIC);
  settings.set_quantize_embeddings(true);
  settings.set_min_sqnr_db(20);
  EXPECT_THAT(Said(settings), ElementsAre("embeddings: int8", "min SQNR: 20 dB"));
  settings = Of(v1::PRECISION_INT8_STATIC);
  settings.set_calibration_batches(8);
  EXPECT_THAT(Said(settings), ElementsAre("observer: histogram", "calibration: 8 random batches"));
}

TEST(QuantizationMethod, TellsDataThatCalibrateNothingWhereABoundDependsOnThem) {
  v1::JobSettings settings = Of(v1::PRECISION_INT8_DYNAMIC);
  settings.set_calibration_name("dogs.tar");
  settings.mutable_calibration()->set_sha256(std::string(64, 'a'));
  EXPECT_THAT(Said(settings), IsEmpty()) << "only parity is measured on them";
  settings.set_min_sqnr_db(20);
  EXPECT_THAT(Said(settings), ElementsAre("min SQNR: 20 dB", "calibration: dogs.tar aaaaaaaaaaaa"));
}

}  // namespace
}  // namespace edgebench
