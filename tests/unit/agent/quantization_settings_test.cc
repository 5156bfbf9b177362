#include "agent/quantization_settings.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <ostream>

#include "agent/settings.h"
#include "common/digest.h"
#include "common/names.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SettingsContext Context() {
  SettingsContext context;
  context.zoo.emplace_back().set_name("resnet18");
  context.zoo.back().set_default_image_size(224);
  context.memory_limit_bytes = 1'000'000'000;
  context.find_artifact = [](const v1::Digest& digest) {
    if (digest.sha256() == Sha256Hex("here")) return absl::OkStatus();
    return absl::FailedPreconditionError("upload it first");
  };
  return context;
}

v1::Digest DigestOf(const std::string& content) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(static_cast<int64_t>(content.size()));
  return digest;
}

v1::JobSettings Job(v1::Precision precision) {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name("resnet18");
  settings.set_precision(precision);
  return settings;
}

v1::JobSettings Normalized(const v1::JobSettings& settings) {
  const auto normalized = NormalizeSettings(settings, Context());
  EXPECT_TRUE(normalized.ok()) << normalized.status();
  return normalized.value_or(v1::JobSettings());
}

TEST(QuantizationSettings, TakesEveryPrecisionForQuantizingAndMeasuring) {
  for (const v1::JobKind kind : {v1::JOB_KIND_QUANTIZE, v1::JOB_KIND_BENCHMARK}) {
    for (const v1::Precision precision :
         {v1::PRECISION_FP32, v1::PRECISION_FP16, v1::PRECISION_BF16, v1::PRECISION_INT8_DYNAMIC,
          v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_WEIGHT_ONLY, v1::PRECISION_INT8_QAT}) {
      v1::JobSettings settings = Job(precision);
      settings.set_kind(kind);
      EXPECT_TRUE(NormalizeSettings(settings, Context()).ok()) << PrecisionName(precision);
    }
  }
}

TEST(QuantizationSettings, CalibratesWithAHistogramByDefault) {
  for (const v1::Precision precision : {v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_QAT}) {
    const v1::JobSettings settings = Normalized(Job(precision));
    EXPECT_EQ(settings.observer(), "histogram");
    EXPECT_EQ(settings.calibration_batches(), 2);
    EXPECT_EQ(settings.weight_scheme(), "per-channel");
    EXPECT_FALSE(settings.has_image_preprocessing()) << "there are no images";
  }
}

TEST(QuantizationSettings, TakesEveryObserver) {
  for (const char* observer : {"min-max", "moving-average", "histogram", "percentile", "mse"}) {
    v1::JobSettings settings = Job(v1::PRECISION_INT8_STATIC);
    settings.set_observer(observer);
    EXPECT_EQ(Normalized(settings).observer(), observer);
  }
}

// With all settings that have to do with data.
v1::JobSettings WithData(v1::Precision precision) {
  v1::JobSettings settings = Job(precision);
  settings.set_observer("mse");
  settings.set_calibration_batches(7);
  settings.set_calibration_name("dogs.tar");
  *settings.mutable_calibration() = DigestOf("here");
  settings.mutable_image_preprocessing()->set_resize_shorter_side(256);
  return settings;
}

TEST(QuantizationSettings, ClearsCalibrationWhereNothingIsQuantized) {
  const v1::JobSettings normalized = Normalized(WithData(v1::PRECISION_FP32));
  EXPECT_EQ(normalized.observer(), "");
  EXPECT_EQ(normalized.calibration_name(), "");
  EXPECT_FALSE(normalized.has_calibration() || normalized.has_calibration_batches() ||
               normalized.has_image_preprocessing());
}

TEST(QuantizationSettings, KeepsDataForParityWhereNothingIsCalibrated) {
  for (const v1::Precision precision :
       {v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_WEIGHT_ONLY, v1::PRECISION_FP16}) {
    const v1::JobSettings normalized = Normalized(WithData(precision));
    EXPECT_EQ(normalized.observer(), "");
    EXPECT_FALSE(normalized.has_calibration_batches()) << PrecisionName(precision);
    EXPECT_EQ(normalized.calibration_name(), "dogs.tar");
    EXPECT_EQ(normalized.calibration().sha256(), DigestOf("here").sha256());
    EXPECT_EQ(normalized.image_preprocessing().resize_shorter_side(), 256);
  }
}

TEST(QuantizationSettings, HasWeightSchemesForInt8Only) {
  EXPECT_EQ(Normalized(Job(v1::PRECISION_INT8_WEIGHT_ONLY)).weight_scheme(), "per-channel");
  v1::JobSettings settings = Job(v1::PRECISION_BF16);
  settings.set_weight_scheme("per-tensor");
  EXPECT_EQ(Normalized(settings).weight_scheme(), "");
}

TEST(QuantizationSettings, NamesCalibrationDataByTheirDigestWhereNobodyNamedThem) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_STATIC);
  *settings.mutable_calibration() = DigestOf("here");
  EXPECT_EQ(Normalized(settings).calibration_name(), ShortDigest(DigestOf("here")));
  settings.set_calibration_name("dogs.tar");
  EXPECT_EQ(Normalized(settings).calibration_name(), "dogs.tar");
}

TEST(QuantizationSettings, PreprocessesImagesAsForImageNetByDefault) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_STATIC);
  *settings.mutable_calibration() = DigestOf("here");
  settings.set_image_size(160);
  const v1::ImagePreprocessing images = Normalized(settings).image_preprocessing();
  EXPECT_EQ(images.resize_shorter_side(), 183) << "160 * 256 / 224 = 182.86";
  EXPECT_THAT(images.mean(), ElementsAre(0.485, 0.456, 0.406));
  EXPECT_THAT(images.std(), ElementsAre(0.229, 0.224, 0.225));
}

TEST(QuantizationSettings, RanksOperatorsWhereABoundIsToHold) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_DYNAMIC);
  settings.set_min_sqnr_db(20);
  EXPECT_TRUE(Normalized(settings).sensitivity());
  settings = Job(v1::PRECISION_FP32);
  settings.set_sensitivity(true);
  EXPECT_FALSE(Normalized(settings).sensitivity()) << "there is nothing to rank";
}

TEST(QuantizationSettings, TakesTheOrderOfKeptOperatorsForTheSame) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_STATIC);
  for (const char* name : {"fc", "conv1", "fc"}) settings.add_keep_fp32(name);
  EXPECT_THAT(Normalized(settings).keep_fp32(), ElementsAre("conv1", "fc"));
}

TEST(QuantizationSettings, TrainsAHundredStepsOfAdamByDefault) {
  const v1::Training training = Normalized(Job(v1::PRECISION_INT8_QAT)).training();
  EXPECT_EQ(training.steps(), 100);
  EXPECT_EQ(training.learning_rate(), 1e-6);
  EXPECT_EQ(training.optimizer(), "adam");
  EXPECT_FALSE(Normalized(Job(v1::PRECISION_INT8_STATIC)).has_training());
}

TEST(QuantizationSettings, TakesLargerStepsByDefaultWithSgd) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_QAT);
  settings.mutable_training()->set_optimizer("sgd");
  EXPECT_EQ(Normalized(settings).training().learning_rate(), 1e-4);
}

TEST(QuantizationSettings, ChangeNothingWhenNormalizedAgain) {
  v1::JobSettings settings = Job(v1::PRECISION_INT8_QAT);
  *settings.mutable_calibration() = DigestOf("here");
  settings.add_keep_fp32("fc");
  const v1::JobSettings once = Normalized(settings);
  EXPECT_EQ(Normalized(once).SerializeAsString(), once.SerializeAsString());
}

struct Refusal {
  const char* name;
  v1::Precision precision;
  std::function<void(v1::JobSettings&)> change;
  const char* message;  // a part of it
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class QuantizationRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(QuantizationRefusal, NamesTheFieldAndWhatIsAllowed) {
  v1::JobSettings settings = Job(GetParam().precision);
  GetParam().change(settings);
  const absl::Status status = NormalizeSettings(settings, Context()).status();
  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

using S = v1::JobSettings;
constexpr auto kFp32 = v1::PRECISION_FP32;
constexpr auto kStatic = v1::PRECISION_INT8_STATIC;
constexpr auto kQat = v1::PRECISION_INT8_QAT;

v1::ImagePreprocessing& ImagesOf(S& settings) {
  *settings.mutable_calibration() = DigestOf("here");
  return *settings.mutable_image_preprocessing();
}

const Refusal kRefusals[] = {
    {"MistypedObserver", kStatic, [](S& s) { s.set_observer("histogramm"); },
     "observer is \"histogramm\"; allowed: min-max, moving-average, histogram, percentile, mse. "
     "Did you mean histogram?"},
    {"NoCalibrationBatches", kStatic, [](S& s) { s.set_calibration_batches(0); },
     "calibration_batches is 0; allowed: 1 to"},
    {"CalibrationNotThere", kStatic, [](S& s) { *s.mutable_calibration() = DigestOf("elsewhere"); },
     "upload it first", absl::StatusCode::kFailedPrecondition},
    {"MalformedCalibration", kStatic, [](S& s) { s.mutable_calibration()->set_sha256("xyz"); },
     "calibration: "},
    {"LongCalibrationName", kStatic,
     [](S& s) {
       *s.mutable_calibration() = DigestOf("here");
       s.set_calibration_name(std::string(256, 'x'));
     },
     "calibration_name is 256 bytes; allowed: at most 255"},
    {"KeptInFp32", kFp32, [](S& s) { s.add_keep_fp32("fc"); },
     "keep_fp32 is given, with precision fp32; allowed: with a precision that quantizes"},
    {"KeptWithoutName", kStatic, [](S& s) { s.add_keep_fp32(""); },
     "keep_fp32 is \"\"; allowed: names of operators"},
    {"TooManyKept", kStatic,
     [](S& s) {
       for (int i = 0; i < 1001; ++i) s.add_keep_fp32("x");
     },
     "keep_fp32 is 1001 names; allowed: at most 1000"},
    {"BoundZero", kStatic, [](S& s) { s.set_min_sqnr_db(0); },
     "min_sqnr_db is 0; allowed: more than 0, at most 200"},
    {"BoundNotANumber", kStatic, [](S& s) { s.set_min_sqnr_db(std::nan("")); },
     "min_sqnr_db is nan"},
    {"BoundInfinite", kStatic,
     [](S& s) { s.set_min_sqnr_db(std::numeric_limits<double>::infinity()); },
     "min_sqnr_db is inf"},
    {"BoundOfTraining", kQat, [](S& s) { s.set_min_sqnr_db(20); },
     "min_sqnr_db is given, with precision int8-qat; allowed: with a precision that quantizes, "
     "except int8-qat"},
    {"BoundOfFp32", kFp32, [](S& s) { s.set_min_sqnr_db(20); },
     "min_sqnr_db is given, with precision fp32"},
    {"StaticEmbeddings", kStatic, [](S& s) { s.set_quantize_embeddings(true); },
     "quantize_embeddings is given, with precision int8-static; allowed: with int8-dynamic, "
     "int8-weight-only"},
    {"MistypedScheme", kStatic, [](S& s) { s.set_weight_scheme("per-tenser"); },
     "Did you mean per-tensor?"},
    {"ResizeZero", kStatic, [](S& s) { ImagesOf(s).set_resize_shorter_side(0); },
     "image_preprocessing.resize_shorter_side is 0; allowed: 1 to 8192"},
    {"TwoMeans", kStatic,
     [](S& s) {
       for (const double value : {0.5, 0.5}) ImagesOf(s).add_mean(value);
     },
     "image_preprocessing.mean is 2 values; allowed: 3"},
    {"MeanNotANumber", kStatic,
     [](S& s) {
       for (const double value : {0.5, std::nan(""), 0.5}) ImagesOf(s).add_mean(value);
     },
     "image_preprocessing.mean is nan; allowed: finite numbers"},
    {"DeviationZero", kStatic,
     [](S& s) {
       for (const double value : {0.2, 0.2, 0.0}) ImagesOf(s).add_std(value);
     },
     "image_preprocessing.std is 0; allowed: more than 0"},
    {"TrainingOfStatic", kStatic, [](S& s) { s.mutable_training()->set_steps(5); },
     "training is given, with precision int8-static; allowed: with int8-qat"},
    {"NoSteps", kQat, [](S& s) { s.mutable_training()->set_steps(0); },
     "training.steps is 0; allowed: 1 to 100000"},
    {"FastLearning", kQat, [](S& s) { s.mutable_training()->set_learning_rate(1.5); },
     "training.learning_rate is 1.5; allowed: more than 0, at most 1"},
    {"LearningNotANumber", kQat,
     [](S& s) { s.mutable_training()->set_learning_rate(std::nan("")); },
     "training.learning_rate is nan"},
    {"MistypedOptimizer", kQat, [](S& s) { s.mutable_training()->set_optimizer("adan"); },
     "training.optimizer is \"adan\"; allowed: adam, sgd. Did you mean adam?"},
};

INSTANTIATE_TEST_SUITE_P(Each, QuantizationRefusal, ::testing::ValuesIn(kRefusals),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace edgebench::agent
