#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "agent/worker/torch/torch_runner.h"
#include "tests/unit/worker/torch_models.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Gt;
using ::testing::SizeIs;

class SilentObserver final : public JobObserver {
 public:
  void EnterStage(v1::Stage) override {}
  void Warn(const std::string&) override {}
  void ReportProgress(const v1::Progress& progress) override { fraction_ = progress.fraction(); }
  bool FinishRequested() override { return false; }

  double fraction() const { return fraction_; }

 private:
  double fraction_ = 0;
};

v1::WorkerRequest::RunJob ProfileOf(const std::string& model, v1::Precision precision) {
  v1::WorkerRequest::RunJob job;
  v1::JobSettings& settings = *job.mutable_settings();
  settings.set_kind(v1::JOB_KIND_PROFILE);
  settings.mutable_model()->set_zoo_name(model);
  settings.mutable_model()->set_display_name(model);
  settings.set_precision(precision);
  settings.set_batch(1);
  settings.set_target("cpu");
  settings.set_threads(1);
  settings.set_engine("auto");
  settings.set_optimize(v1::OPTIMIZE_FULL);
  settings.set_observer("min-max");
  settings.set_weight_scheme("per-channel");
  settings.set_calibration_batches(1);
  return job;
}

class ProfilerTest : public ::testing::Test {
 protected:
  const v1::ProfileReport& Profile(const v1::WorkerRequest::RunJob& job, int pairs = 3) {
    const absl::Status prepared = runner_.Prepare(job, observer_, result_);
    EXPECT_TRUE(prepared.ok()) << prepared;
    ProfileOptions options;
    options.fixed_pairs = pairs;
    const absl::Status profiled = runner_.Profile(options, clock_, observer_, result_);
    EXPECT_TRUE(profiled.ok()) << profiled;
    return result_.profile();
  }

  // All rows are found in the document, so that a failure shows which.
  static int64_t MultiplyAdds(const v1::ProfileReport& profile) {
    int64_t sum = 0;
    for (const v1::ProfileReport::Operator& op : profile.operators()) {
      EXPECT_TRUE(op.has_multiply_adds()) << op.ShortDebugString();
      EXPECT_TRUE(op.has_bytes()) << op.ShortDebugString();
      sum += op.multiply_adds();
    }
    return sum;
  }

  static double Shares(const v1::ProfileReport& profile) {
    double sum = 0;
    for (const v1::ProfileReport::Operator& op : profile.operators()) sum += op.share();
    return sum;
  }

  static const v1::ProfileReport::Operator& Row(const v1::ProfileReport& profile,
                                                const std::string& name) {
    static const v1::ProfileReport::Operator kNone;
    for (const v1::ProfileReport::Operator& op : profile.operators())
      if (op.name() == name) return op;
    ADD_FAILURE() << "no row " << name << " in\n" << profile.DebugString().substr(0, 4000);
    return kNone;
  }

  RealClock clock_;
  SilentObserver observer_;
  TorchRunner runner_;
  v1::JobResult result_;
};

TEST_F(ProfilerTest, TheMultiplyAddsOfTheOperatorsAreThoseOfTheModel) {
  const v1::ProfileReport& profile = Profile(ProfileOf("mobilenet_v2", v1::PRECISION_FP32));
  EXPECT_EQ(result_.model().flops(), 300'774'272);
  EXPECT_EQ(MultiplyAdds(profile), result_.model().flops());
  EXPECT_LE(Shares(profile), 1);
  EXPECT_GT(Shares(profile), 0.5);
}

TEST_F(ProfilerTest, OperatorsThatTheOptimizerHidesHaveNamesAndTimes) {
  const v1::ProfileReport& profile = Profile(ProfileOf("mobilenet_v2", v1::PRECISION_FP32));
  EXPECT_EQ(result_.optimize(), v1::OPTIMIZE_FULL);
  const v1::ProfileReport::Operator& first = Row(profile, "features.0.0");
  EXPECT_EQ(first.kind(), "conv2d");
  EXPECT_EQ(first.precision(), v1::PRECISION_FP32);
  EXPECT_EQ(first.calls(), 1);
  EXPECT_EQ(first.input_shape(), "1x3x224x224");
  EXPECT_EQ(first.output_shape(), "1x32x112x112");
  EXPECT_EQ(first.multiply_adds(), 112 * 112 * 32 * 27);
  // The image, 32 filters of 27 with a bias each, and the output, 4 bytes each.
  EXPECT_EQ(first.bytes(), 4 * (3 * 224 * 224 + 32 * 28 + 32 * 112 * 112));
  EXPECT_GT(first.total_ns(), 0);
  EXPECT_LE(first.min_ns(), first.total_ns());
  EXPECT_LE(first.self_ns(), first.total_ns());
  // A depthwise convolution, whose weights oneDNN keeps in five dimensions.
  EXPECT_EQ(Row(profile, "features.1.conv.0.0").multiply_adds(), 112 * 112 * 32 * 9);
}

TEST_F(ProfilerTest, TheRowsOfInt8StaticSaySo) {
  const v1::ProfileReport& profile = Profile(ProfileOf("mobilenet_v2", v1::PRECISION_INT8_STATIC));
  int int8 = 0;
  for (const v1::ProfileReport::Operator& op : profile.operators()) {
    if (op.kind() != "conv2d" && op.kind() != "linear") continue;
    EXPECT_EQ(op.precision(), v1::PRECISION_INT8_STATIC) << op.ShortDebugString();
    EXPECT_NE(op.name(), "") << op.ShortDebugString();
    int8 += op.calls();
  }
  EXPECT_EQ(int8, 53);
  EXPECT_EQ(MultiplyAdds(profile), 300'774'272);
  // In and out a byte each; the bias is in fp32.
  EXPECT_EQ(Row(profile, "features.0.0").bytes(),
            3 * 224 * 224 + 32 * 27 + 4 * 32 + 32 * 112 * 112);
  EXPECT_LE(Shares(profile), 1);
}

TEST_F(ProfilerTest, CountsTheProductsOfQuantizedLinearAndRecurrentLayers) {
  v1::WorkerRequest::RunJob job = ProfileOf("asr_lstm_encoder", v1::PRECISION_INT8_DYNAMIC);
  job.mutable_settings()->set_frames(60);
  const v1::ProfileReport& profile = Profile(job);
  EXPECT_EQ(MultiplyAdds(profile), result_.model().flops());
}

TEST_F(ProfilerTest, TimesPairsOfInferencesOneOfThemWithoutTheProfiler) {
  const v1::ProfileReport& profile = Profile(ProfileOf("squeezenet1_1", v1::PRECISION_FP32), 5);
  EXPECT_THAT(result_.latency().measured_ns(), AllOf(SizeIs(5), Each(Gt(0))));
  EXPECT_THAT(profile.profiled_ns(), AllOf(SizeIs(5), Each(Gt(0))));
  EXPECT_EQ(observer_.fraction(), 1);
}

TEST_F(ProfilerTest, TheTimelineIsOneInferenceInOrder) {
  const v1::ProfileReport& profile = Profile(ProfileOf("squeezenet1_1", v1::PRECISION_FP32));
  ASSERT_GT(profile.timeline_size(), 30);
  int64_t end_ns = 0;
  for (const v1::ProfileReport::Event& event : profile.timeline()) {
    if (event.depth() > 0) continue;
    EXPECT_GE(event.start_ns(), end_ns) << event.ShortDebugString();
    end_ns = event.start_ns() + event.duration_ns();
    EXPECT_LT(event.row(), profile.operators_size());
  }
  EXPECT_LE(end_ns, *std::min_element(profile.profiled_ns().begin(), profile.profiled_ns().end()));
}

TEST_F(ProfilerTest, StopsWhenItsTimeIsOverButNotBeforeThreePairs) {
  ASSERT_TRUE(
      runner_.Prepare(ProfileOf("squeezenet1_1", v1::PRECISION_FP32), observer_, result_).ok());
  ProfileOptions options;
  options.max_time = absl::Nanoseconds(1);
  ASSERT_TRUE(runner_.Profile(options, clock_, observer_, result_).ok());
  EXPECT_EQ(result_.profile().profiled_ns_size(), 3);
}

}  // namespace
}  // namespace edgebench::worker
