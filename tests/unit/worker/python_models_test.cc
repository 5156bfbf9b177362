// Files that PyTorch's Python side writes, run from loading to the result.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/worker/harness.h"
#include "agent/worker/torch/torch_backend.h"
#include "tests/support/temp_dir.h"

namespace edgebench::worker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class PythonModelsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    const std::string command = std::string(EDGEBENCH_TORCH_PYTHON) +
                                " " EDGEBENCH_TEST_SCRIPTS "/make_torch_models.py " +
                                folder_->path() + " >&2";
    const std::string probe =
        std::string(EDGEBENCH_TORCH_PYTHON) + " -c 'import torch, torchvision'";
    has_torch_ = std::system((probe + " 2>/dev/null").c_str()) == 0;
    if (has_torch_) {
      ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }
    backend_ = (*MakeTorchBackend()).release();
  }

  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
    delete backend_;
    backend_ = nullptr;
  }

  void SetUp() override {
    ASSERT_TRUE(has_torch_) << EDGEBENCH_TORCH_PYTHON << " has no torch and torchvision: install "
                            << "python3-torch and python3-torchvision, as tests/run.sh does";
  }

  static v1::JobResult Run(const std::string& file, const std::vector<std::string>& inputs,
                           v1::Precision precision = v1::PRECISION_FP32) {
    v1::WorkerRequest::RunJob job;
    job.set_model_path(folder_->File(file));
    v1::JobSettings& settings = *job.mutable_settings();
    settings.set_kind(v1::JOB_KIND_BENCHMARK);
    settings.set_precision(precision);
    settings.set_batch(2);
    settings.set_image_size(16);
    settings.set_seq_len(5);
    settings.set_threads(1);
    settings.set_fixed_samples(3);
    settings.mutable_max_time()->set_nanos(1);
    settings.mutable_model()->mutable_artifact()->set_sha256("0123");
    settings.mutable_model()->set_display_name(file);
    for (const std::string& input : inputs) settings.add_input_specs(input);
    RealClock clock;
    ProcessMemory memory;
    Harness harness(clock, memory, [](const v1::WorkerMessage&) {});
    return harness.Run(job, *backend_->NewRunner());
  }

  static TempDir* folder_;
  static Backend* backend_;
  static bool has_torch_;
};

TempDir* PythonModelsTest::folder_ = nullptr;
Backend* PythonModelsTest::backend_ = nullptr;
bool PythonModelsTest::has_torch_ = false;

constexpr char kImage[] = "float32[N,3,H,W]";

TEST_F(PythonModelsTest, RunScripted) {
  const v1::JobResult result = Run("scripted.pt", {kImage});
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_EQ(result.latency().measured_ns_size(), 3);
  EXPECT_EQ(result.optimize(), v1::OPTIMIZE_FULL);
  EXPECT_EQ(result.model().parameters(), 8 * 27 + 8 + 80 + 10);
  EXPECT_EQ(result.model().flops(), 2 * (8 * 14 * 14 * 27 + 80));
  EXPECT_THAT(result.model().inputs(), ElementsAre("float32[2,3,16,16]"));
  EXPECT_THAT(result.model().outputs(), ElementsAre("float32[2,10]"));
}

TEST_F(PythonModelsTest, RunTraced) {
  const v1::JobResult result = Run("traced.pt", {kImage});
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_THAT(result.model().outputs(), ElementsAre("float32[2,10]"));
}

TEST_F(PythonModelsTest, RunWithATupleListOrDictAsOutput) {
  for (const char* file : {"tuple.pt", "list.pt", "dict.pt", "traced_dict.pt"}) {
    const v1::JobResult result = Run(file, {kImage});
    ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << file << ": " << result.message();
    EXPECT_THAT(result.model().outputs(), ElementsAre("float32[2,10]", "float32[2,8]")) << file;
  }
}

TEST_F(PythonModelsTest, ThatWriteIntoTheirInputsAreOptimizedAndComparedAllTheSame) {
  for (const v1::Precision precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC}) {
    const v1::JobResult result = Run("in_place.pt", {kImage}, precision);
    ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
    EXPECT_EQ(result.optimize(), v1::OPTIMIZE_FULL);
    EXPECT_THAT(result.notes(), Contains(HasSubstr("the model writes into its inputs")));
    if (precision == v1::PRECISION_FP32) continue;
    EXPECT_GT(result.parity().sqnr_db(), 20);
  }
}

TEST_F(PythonModelsTest, RunWithTwoInputs) {
  const v1::JobResult result = Run("two_inputs.pt", {"int64[N,L]:0..99", "float32[N,L]:0..1"});
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_THAT(result.model().inputs(), ElementsAre("int64[2,5]", "float32[2,5]"));
}

TEST_F(PythonModelsTest, RunFromTorchvisionInEveryPrecision) {
  for (const v1::Precision precision :
       {v1::PRECISION_FP32, v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_STATIC}) {
    const v1::JobResult result = Run("torchvision.pt", {"float32[N,3,64,64]"}, precision);
    ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
    EXPECT_EQ(result.precision(), precision);
  }
}

TEST_F(PythonModelsTest, RunQuantizedToStaticInt8WithParityAndCoverage) {
  const v1::JobResult result = Run("scripted.pt", {kImage}, v1::PRECISION_INT8_STATIC);
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_EQ(result.coverage().int8_ops(), 2);
  EXPECT_GT(result.parity().sqnr_db(), 15);
  EXPECT_FALSE(result.parity().random_weights());
  EXPECT_FALSE(result.engine().empty());
  EXPECT_GT(result.model().fp32_model_bytes(), 0);
  EXPECT_GT(result.quantize_duration_ns(), 0);
  EXPECT_THAT(result.notes(), Contains("no calibration data: 2 seeded random batches"));
}

TEST_F(PythonModelsTest, WhoseQuantizedFormAloneFailsAreNotInvalid) {
  const v1::JobResult result = Run("runs_once.pt", {kImage}, v1::PRECISION_INT8_DYNAMIC);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_UNSUPPORTED);
  EXPECT_THAT(result.message(), StartsWith("the quantized model cannot run on "));
  EXPECT_THAT(result.message(), HasSubstr("ran before"));
}

TEST_F(PythonModelsTest, ThatAreQuantizedAlreadyAreRunAsTheyAre) {
  const v1::JobResult result = Run("dynamic.pt", {kImage});
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_EQ(result.precision(), v1::PRECISION_INT8_DYNAMIC);
  EXPECT_EQ(result.coverage().int8_ops(), 1);
  EXPECT_FALSE(result.has_parity());
}

TEST_F(PythonModelsTest, ThatAreQuantizedAlreadyAreNotQuantizedAgain) {
  const v1::JobResult result = Run("dynamic.pt", {kImage}, v1::PRECISION_INT8_STATIC);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_THAT(result.message(), HasSubstr("already quantized"));
}

TEST_F(PythonModelsTest, ThatAreNoTorchScriptSayHowToWriteIt) {
  for (const char* file : {"state_dict.pt", "pickled.pt"}) {
    const v1::JobResult result = Run(file, {kImage});
    EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL) << file;
    EXPECT_THAT(result.message(), HasSubstr("state dict or a pickled Python module")) << file;
    EXPECT_THAT(result.message(), HasSubstr("torch.jit.script")) << file;
  }
}

TEST_F(PythonModelsTest, OfANewerPyTorchNameTheOperatorAndBothVersions) {
  const v1::JobResult result = Run("newer.pt", {kImage});
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_EQ(result.stage(), v1::STAGE_LOAD);
  EXPECT_THAT(result.message(), HasSubstr("aten::an_operator_of_tomorrow"));
  EXPECT_THAT(result.message(), HasSubstr("LibTorch " + backend_->Describe().torch().version()));
  EXPECT_THAT(result.message(), HasSubstr("written by PyTorch 2.1 or newer"));
}

TEST_F(PythonModelsTest, WithAnOperatorOfAnExtensionAreNotSentToANewerLibTorch) {
  const v1::JobResult result = Run("extension.pt", {kImage});
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_THAT(result.message(),
              HasSubstr("needs the operator torchvision::nms, which belongs to the extension "
                        "library torchvision"));
  EXPECT_THAT(result.message(), testing::Not(HasSubstr("newer")));
}

TEST_F(PythonModelsTest, ThatRaiseAnExceptionAreShownItsText) {
  const v1::JobResult result = Run("choosy.pt", {kImage});
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_THAT(result.message(), HasSubstr("only grey images, not of this many channels"));
}

TEST_F(PythonModelsTest, WithoutInputSpecsShowTheirSignature) {
  const v1::JobResult result = Run("two_inputs.pt", {});
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_THAT(result.message(), HasSubstr("forward(tokens: Tensor, mask: Tensor) -> Tensor"));
  EXPECT_THAT(result.message(), HasSubstr("--input"));
}

TEST_F(PythonModelsTest, WithInputsThatDoNotFitAreInvalidInOneLine) {
  const v1::JobResult result = Run("scripted.pt", {"float32[N,4,H,W]"});
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_THAT(result.message(), HasSubstr("to have 3 channels, but got 4 channels"));
  EXPECT_THAT(result.message(), testing::Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace edgebench::worker
