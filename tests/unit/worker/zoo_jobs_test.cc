// Every model of the zoo as a job takes it: built, quantized, optimized and run, at its
// smallest size and at a middle one.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "agent/worker/torch/torch_runner.h"
#include "common/names.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker {
namespace {

class SilentObserver final : public JobObserver {
 public:
  void EnterStage(v1::Stage) override {}
  void Warn(const std::string&) override {}
  void ReportProgress(const v1::Progress&) override {}
  bool FinishRequested() override { return false; }
};

using Case = std::tuple<std::string /*model*/, v1::Precision>;

// Static quantization is for convolutions.
std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const v1::ZooModel& model : zoo::Models()) {
    cases.emplace_back(model.name(), v1::PRECISION_FP32);
    cases.emplace_back(model.name(), v1::PRECISION_INT8_DYNAMIC);
    if (model.family() == "vision") cases.emplace_back(model.name(), v1::PRECISION_INT8_STATIC);
  }
  return cases;
}

v1::WorkerRequest::RunJob JobFor(const Case& which) {
  const auto& [name, precision] = which;
  v1::WorkerRequest::RunJob job;
  v1::JobSettings& settings = *job.mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name(name);
  settings.mutable_model()->set_display_name(name);
  settings.set_precision(precision);
  settings.set_batch(1);
  settings.set_target("cpu");
  settings.set_threads(2);
  settings.set_engine("auto");
  settings.set_optimize(v1::OPTIMIZE_FULL);
  settings.set_observer("histogram");
  settings.set_calibration_batches(1);
  return job;
}

void UseSmallestSizes(const v1::ZooModel& model, v1::JobSettings& settings) {
  if (model.has_default_image_size()) settings.set_image_size(std::max(model.min_image_size(), 1));
  if (model.has_default_seq_len()) settings.set_seq_len(1);
  if (model.has_default_frames()) settings.set_frames(std::max(model.min_frames(), 1));
}

void UseMiddleSizes(const v1::ZooModel& model, v1::JobSettings& settings) {
  if (model.has_default_image_size()) settings.set_image_size(96);
  if (model.has_default_seq_len()) settings.set_seq_len(48);
  if (model.has_default_frames()) settings.set_frames(120);
}

class ZooJobTest : public ::testing::TestWithParam<Case> {
 protected:
  void ExpectRuns(const v1::WorkerRequest::RunJob& job) {
    SCOPED_TRACE(job.settings().ShortDebugString());
    SilentObserver observer;
    TorchRunner runner;
    v1::JobResult result;
    const absl::Status prepared = runner.Prepare(job, observer, result);
    ASSERT_TRUE(prepared.ok()) << prepared;
    EXPECT_TRUE(runner.RunOnce().ok());
    EXPECT_EQ(result.model().parameters(), model_.parameters());
    EXPECT_TRUE(result.model().has_flops());
    if (job.settings().precision() == v1::PRECISION_FP32) return;
    EXPECT_TRUE(result.has_parity());
    EXPECT_TRUE(result.parity().random_weights());
    EXPECT_GT(result.coverage().total_ops(), 0);
  }

  const v1::ZooModel model_ = zoo::RowOf(std::get<0>(GetParam()));
};

INSTANTIATE_TEST_SUITE_P(Zoo, ZooJobTest, ::testing::ValuesIn(Cases()), [](const auto& which) {
  std::string name = std::get<0>(which.param) + "_" + PrecisionName(std::get<1>(which.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(ZooJobTest, RunsAtItsSmallestSizeAndAtAMiddleOne) {
  v1::WorkerRequest::RunJob job = JobFor(GetParam());
  UseSmallestSizes(model_, *job.mutable_settings());
  ExpectRuns(job);
  UseMiddleSizes(model_, *job.mutable_settings());
  ExpectRuns(job);
}

}  // namespace
}  // namespace edgebench::worker
