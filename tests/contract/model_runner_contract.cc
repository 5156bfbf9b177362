#include "tests/contract/model_runner_contract.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "common/names.h"

namespace edgebench::worker {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ModelRunnerContract);

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_P(ModelRunnerContract, EntersItsStagesInOrderAndBeginsWithLoading) {
  ASSERT_TRUE(Prepare(GoodJob(v1::JOB_KIND_BENCHMARK)).ok());
  ASSERT_THAT(observer_.stages, Not(IsEmpty()));
  EXPECT_EQ(observer_.stages.front(), v1::STAGE_LOAD);
  for (size_t i = 1; i < observer_.stages.size(); ++i) {
    EXPECT_TRUE(ComesBefore(observer_.stages[i - 1], observer_.stages[i])) << i;
  }
  EXPECT_TRUE(ComesBefore(observer_.stages.back(), v1::STAGE_WARM_UP))
      << "the harness measures, not the runner";
}

TEST_P(ModelRunnerContract, TellsThreadsPrecisionAndSize) {
  auto job = GoodJob(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_threads(1);
  ASSERT_TRUE(Prepare(job).ok());
  EXPECT_EQ(result_.threads(), 1);
  EXPECT_EQ(result_.precision(), v1::PRECISION_FP32);
  EXPECT_GT(result_.model().model_bytes(), 0);
}

TEST_P(ModelRunnerContract, RunsAsOftenAsAskedOncePrepared) {
  ASSERT_TRUE(Prepare(GoodJob(v1::JOB_KIND_BENCHMARK)).ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(runner_->RunOnce().ok());
}

TEST_P(ModelRunnerContract, InspectsWithoutPreparingInferences) {
  ASSERT_TRUE(Prepare(GoodJob(v1::JOB_KIND_INSPECT)).ok());
  EXPECT_THAT(observer_.stages, testing::ElementsAre(v1::STAGE_LOAD));
  EXPECT_TRUE(result_.model().has_parameters());
}

TEST_P(ModelRunnerContract, AnswersInvalidArgumentForABrokenModel) {
  const auto job = GetParam().broken_job(folder_);
  const absl::Status status = Prepare(job);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(job.settings().model().display_name()));
}

TEST_P(ModelRunnerContract, AnswersUnimplementedForATargetThatIsNotThere) {
  auto job = GoodJob(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_target("cuda:99");
  const absl::Status status = Prepare(job);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cuda:99"));
}

TEST_P(ModelRunnerContract, SavesThePreparedModel) {
  ASSERT_TRUE(Prepare(GoodJob(v1::JOB_KIND_QUANTIZE)).ok());
  const std::string path = folder_.File("saved.pt");
  ASSERT_TRUE(runner_->Save(path).ok());
  EXPECT_EQ(std::filesystem::file_size(path), result_.model().model_bytes());
}

TEST_P(ModelRunnerContract, NamesThePathItCannotSaveTo) {
  ASSERT_TRUE(Prepare(GoodJob(v1::JOB_KIND_QUANTIZE)).ok());
  const std::string path = folder_.File("missing/saved.pt");
  const absl::Status status = runner_->Save(path);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

}  // namespace
}  // namespace edgebench::worker
