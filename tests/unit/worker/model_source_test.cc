#include "agent/worker/torch/model_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PrecisionPlan Plan(v1::Precision asked, v1::Precision stored,
                   v1::JobKind kind = v1::JOB_KIND_BENCHMARK) {
  const auto plan = PlanPrecision(kind, asked, stored);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

absl::Status Refusal(v1::Precision asked, v1::Precision stored,
                     v1::JobKind kind = v1::JOB_KIND_BENCHMARK) {
  return PlanPrecision(kind, asked, stored).status();
}

TEST(PlanPrecision, QuantizesAnFp32ModelWhenAsked) {
  const PrecisionPlan plan = Plan(v1::PRECISION_INT8_STATIC, v1::PRECISION_FP32);
  EXPECT_TRUE(plan.quantize);
  EXPECT_EQ(plan.precision, v1::PRECISION_INT8_STATIC);
}

TEST(PlanPrecision, RunsAnFp32ModelAsItIsOtherwise) {
  for (const v1::Precision asked :
       {v1::PRECISION_UNSPECIFIED, v1::PRECISION_FP32, v1::PRECISION_AS_STORED}) {
    const PrecisionPlan plan = Plan(asked, v1::PRECISION_FP32);
    EXPECT_FALSE(plan.quantize);
    EXPECT_EQ(plan.precision, v1::PRECISION_FP32);
    EXPECT_EQ(plan.note, "");
  }
}

TEST(PlanPrecision, RunsAQuantizedFileAsStoredAndSaysSo) {
  const PrecisionPlan plan = Plan(v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC);
  EXPECT_FALSE(plan.quantize);
  EXPECT_EQ(plan.precision, v1::PRECISION_INT8_STATIC);
  EXPECT_EQ(plan.note, "the file is stored in int8-static and was run as it is");
}

TEST(PlanPrecision, RunsAQuantizedFileThatIsWhatWasAskedFor) {
  EXPECT_FALSE(Plan(v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_DYNAMIC).quantize);
}

TEST(PlanPrecision, DoesNotQuantizeTwice) {
  const absl::Status status = Refusal(v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_STATIC);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("already quantized (int8-static)"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Refusal(v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_STATIC, v1::JOB_KIND_QUANTIZE)));
}

TEST(PlanPrecision, QuantizesFromFp32Only) {
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(v1::PRECISION_INT8_STATIC, v1::PRECISION_FP16)));
}

TEST(PlanPrecision, QuantizesToEveryOtherPrecision) {
  for (const v1::Precision precision :
       {v1::PRECISION_FP16, v1::PRECISION_BF16, v1::PRECISION_INT8_DYNAMIC,
        v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_WEIGHT_ONLY, v1::PRECISION_INT8_QAT}) {
    const PrecisionPlan plan = Plan(precision, v1::PRECISION_FP32);
    EXPECT_TRUE(plan.quantize);
    EXPECT_EQ(plan.precision, precision);
  }
}

TEST(PlanPrecision, RunsAFileInHalfPrecisionThatIsWhatWasAskedFor) {
  EXPECT_FALSE(Plan(v1::PRECISION_BF16, v1::PRECISION_BF16).quantize);
}

TEST(PlanPrecision, KnowsThatATrainedModelIsStoredAsAStaticOne) {
  const PrecisionPlan plan = Plan(v1::PRECISION_INT8_QAT, v1::PRECISION_INT8_STATIC);
  EXPECT_FALSE(plan.quantize);
  EXPECT_EQ(plan.precision, v1::PRECISION_INT8_STATIC);
}

TEST(OpenModel, TakesInputsAndSizesOfAZooModelFromTheZoo) {
  v1::WorkerRequest::RunJob job;
  job.mutable_settings()->mutable_model()->set_zoo_name("squeezenet1_0");
  job.mutable_settings()->set_batch(3);
  const auto model = OpenModel(job, /*condition=*/false);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->random_weights);
  EXPECT_THAT(model->input_specs, ElementsAre("float32[N,3,H,W]"));
  EXPECT_EQ(model->sizes.batch, 3);
  EXPECT_EQ(model->sizes.image_size, 224);
}

TEST(OpenModel, LetsTheSettingsOverrideTheImageSize) {
  v1::WorkerRequest::RunJob job;
  job.mutable_settings()->mutable_model()->set_zoo_name("squeezenet1_0");
  job.mutable_settings()->set_image_size(96);
  EXPECT_EQ(OpenModel(job, /*condition=*/false)->sizes.image_size, 96);
}

TEST(OpenModel, AnswersInvalidArgumentForAnUnknownZooModel) {
  v1::WorkerRequest::RunJob job;
  job.mutable_settings()->mutable_model()->set_zoo_name("squeezenet1");
  const absl::Status status = OpenModel(job, /*condition=*/false).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("squeezenet1_0"));
}

TEST(OpenModel, TakesInputsOfAFileFromTheSettings) {
  const TempDir folder;
  SaveSmallModel(folder.File("m.pt"));
  v1::WorkerRequest::RunJob job;
  job.set_model_path(folder.File("m.pt"));
  job.mutable_settings()->add_input_specs("float32[N,3,H,W]");
  const auto model = OpenModel(job, /*condition=*/true);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE(model->random_weights);
  EXPECT_GT(model->file_bytes, 330 * 4);
  EXPECT_THAT(model->input_specs, ElementsAre("float32[N,3,H,W]"));
}

}  // namespace
}  // namespace edgebench::worker
