// What each method makes of layers as PyTorch stores them, traced and scripted.
#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <tuple>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

struct Case {
  std::string model;
  v1::Precision precision;
  std::vector<int64_t> shape;
  int covered;
  int total;
  double sqnr_db;      // at least
  bool traced = true;  // there is a traced file besides the scripted one
  bool embeddings = false;
  int cells = 0;  // that tracing takes apart, each into two linear layers
};

const Case kCases[] = {
    {"bidirectional_lstm", v1::PRECISION_INT8_DYNAMIC, {7, 2, 16}, 1, 1, 30},
    {"lstm_without_bias", v1::PRECISION_INT8_DYNAMIC, {7, 2, 16}, 1, 1, 30},
    {"gru", v1::PRECISION_INT8_DYNAMIC, {2, 7, 16}, 1, 1, 30},
    {"packed_sequences", v1::PRECISION_INT8_DYNAMIC, {2, 7, 16}, 1, 1, 30},
    {"cells", v1::PRECISION_INT8_DYNAMIC, {2, 16}, 3, 3, 30, true, false, 3},
    {"products", v1::PRECISION_INT8_DYNAMIC, {4, 16}, 2, 2, 30},
    {"branching", v1::PRECISION_INT8_DYNAMIC, {4, 16}, 3, 3, 30, false},
    {"embedded", v1::PRECISION_INT8_DYNAMIC, {2, 7}, 3, 3, 30, true, true},
    {"embedded", v1::PRECISION_INT8_DYNAMIC, {2, 7}, 1, 3, 30},

    {"products", v1::PRECISION_INT8_STATIC, {4, 16}, 2, 2, 25},
    {"branching", v1::PRECISION_INT8_STATIC, {4, 16}, 3, 3, 25, false},
    {"gated", v1::PRECISION_INT8_STATIC, {1, 3, 32, 32}, 5, 5, 20},
    {"conv1d", v1::PRECISION_INT8_STATIC, {2, 4, 32}, 2, 2, 25},
    {"transposed1d", v1::PRECISION_INT8_STATIC, {2, 4, 16}, 1, 1, 25},

    {"resnet18", v1::PRECISION_INT8_WEIGHT_ONLY, {1, 3, 96, 96}, 21, 21, 25},
    {"gated", v1::PRECISION_INT8_WEIGHT_ONLY, {1, 3, 32, 32}, 5, 5, 30},
    {"bidirectional_lstm", v1::PRECISION_INT8_WEIGHT_ONLY, {7, 2, 16}, 1, 1, 30},
    {"products", v1::PRECISION_INT8_WEIGHT_ONLY, {4, 16}, 2, 2, 30},
    {"transposed3d", v1::PRECISION_INT8_WEIGHT_ONLY, {1, 2, 6, 6, 6}, 1, 1, 30},
    {"embedded", v1::PRECISION_INT8_WEIGHT_ONLY, {2, 7}, 3, 3, 30, true, true},

    {"gated", v1::PRECISION_BF16, {1, 3, 32, 32}, 5, 5, 25},
    {"products", v1::PRECISION_BF16, {4, 16}, 2, 2, 30},
    {"branching", v1::PRECISION_BF16, {4, 16}, 3, 3, 30, false},
};

class MethodTest : public ::testing::TestWithParam<
                       std::tuple<Case, std::string /*made by*/, std::string /*engine*/>> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    ASSERT_EQ(RunPython("user_modules.py", folder_->path()), 0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static ModelInputs InputsOf(const Case& expected, int64_t seed) {
    if (expected.model != "embedded") return {SeededInput(expected.shape, seed)};
    return {SeededInput(expected.shape, seed).mul(1000).abs().remainder(100).to(at::kLong)};
  }

  static torch::jit::Module Load(const Case& expected, const std::string& made_by) {
    torch::jit::Module module =
        torch::jit::load(folder_->File(expected.model + "_" + made_by + ".pt"));
    module.eval();
    return module;
  }

  static ScratchFolder* folder_;
  const at::NoGradGuard no_grad_;
};

ScratchFolder* MethodTest::folder_ = nullptr;

std::string NameOfCase(
    const ::testing::TestParamInfo<std::tuple<Case, std::string, std::string>>& info) {
  const auto& [expected, made_by, engine] = info.param;
  return expected.model + "_" + v1::Precision_Name(expected.precision) +
         (expected.embeddings ? "_embeddings_" : "_") + made_by + "_" + engine;
}

using Parameters = std::tuple<Case, std::string, std::string>;

// Every case on every engine that can run it, traced as well where there is such a file.
std::vector<Parameters> AllCases() {
  std::vector<Parameters> all;
  for (const Case& expected : kCases) {
    for (const std::string& engine : QuantizedEngines()) {
      if (expected.model == "transposed1d" && !HasInt8TransposedConvolutions(engine)) continue;
      all.emplace_back(expected, "scripted", engine);
      if (expected.traced) all.emplace_back(expected, "traced", engine);
    }
  }
  return all;
}

std::vector<Parameters> DynamicCases() {
  std::vector<Parameters> dynamic;
  for (const Parameters& each : AllCases()) {
    const bool is_dynamic = std::get<0>(each).precision == v1::PRECISION_INT8_DYNAMIC;
    if (is_dynamic && std::get<1>(each) == "scripted") dynamic.push_back(each);
  }
  return dynamic;
}

class CrossEngineTest : public MethodTest {};

INSTANTIATE_TEST_SUITE_P(PyTorch, MethodTest, ::testing::ValuesIn(AllCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(PyTorch, CrossEngineTest, ::testing::ValuesIn(DynamicCases()), NameOfCase);

TEST_P(MethodTest, CoversTheLayersThatRunAndStaysNearFp32AlsoAfterItWasStored) {
  const auto& [expected, made_by, engine] = GetParam();
  torch::jit::Module module = Load(expected, made_by);
  const ModelInputs inputs = InputsOf(expected, 1);
  const std::vector<at::Tensor> reference = *FlattenOutputs(module.forward(inputs));
  QuantizeOptions options{expected.precision, engine, "min-max"};
  options.embeddings = expected.embeddings;
  absl::StatusOr<QuantizedModel> quantized =
      Quantize(module, options, {InputsOf(expected, 2), InputsOf(expected, 3)});
  ASSERT_TRUE(quantized.ok()) << quantized.status();

  const v1::Coverage coverage = MeasureCoverage(
      quantized->module, inputs,
      {expected.precision, NamesOfOperators(quantized->module), quantized->decisions});
  const int more = made_by == "traced" ? expected.cells : 0;
  EXPECT_EQ(coverage.covered_ops(), expected.covered + more) << coverage.DebugString();
  EXPECT_EQ(coverage.total_ops(), expected.total + more) << coverage.DebugString();
  const std::vector<at::Tensor> outputs = *FlattenOutputs(quantized->module.forward(inputs));
  const v1::Parity parity = *MeasureParity(reference, outputs);
  EXPECT_TRUE(parity.has_sqnr_db()) << "bit-identical: nothing was quantized";
  EXPECT_GE(parity.sqnr_db(), expected.sqnr_db);

  std::stringstream file;
  quantized->module.save(file);
  torch::jit::Module stored = torch::jit::load(file);
  EXPECT_EQ(StoredPrecision(stored), expected.precision);
  EXPECT_TRUE(MeasureParity(outputs, *FlattenOutputs(stored.forward(inputs)))->bit_identical());
}

TEST_P(CrossEngineTest, RunsOnEveryOtherEngineAsWell) {
  const auto& [expected, made_by, engine] = GetParam();
  torch::jit::Module module = Load(expected, made_by);
  const ModelInputs inputs = InputsOf(expected, 1);
  QuantizeOptions options{expected.precision, engine};
  options.embeddings = expected.embeddings;
  std::stringstream file;
  Quantize(module, options, {})->module.save(file);
  const std::vector<at::Tensor> reference = *FlattenOutputs(module.forward(inputs));
  for (const std::string& other : QuantizedEngines()) {
    UseQuantizedEngine(other);
    file.seekg(0);
    torch::jit::Module loaded = torch::jit::load(file);
    const v1::Parity parity = *MeasureParity(reference, *FlattenOutputs(loaded.forward(inputs)));
    // Eight bits where seven are needed saturate: worse, yet no other network.
    EXPECT_GE(parity.sqnr_db(), 8) << "on " << other;
  }
}

// LibTorch 1.13 cannot store what QNNPACK packs for three dimensions.
TEST_F(MethodTest, ConvolutionsOfThreeDimensionsAreInt8WhereTheEngineCanStoreThem) {
  torch::jit::Module module = torch::jit::load(folder_->File("conv3d_scripted.pt"));
  module.eval();
  const ModelInputs inputs = {SeededInput({1, 2, 8, 8, 8})};
  for (const std::string& engine : QuantizedEngines()) {
    auto quantized = Quantize(module, {v1::PRECISION_INT8_STATIC, engine, "min-max"}, {inputs});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    std::stringstream file;
    quantized->module.save(file);
    if (quantized->decisions[0].reason.empty()) {
      EXPECT_GE(MeasureParity({module.forward(inputs).toTensor()},
                              {quantized->module.forward(inputs).toTensor()})
                    ->sqnr_db(),
                20);
    } else {
      EXPECT_THAT(quantized->decisions[0].reason,
                  ::testing::HasSubstr("no int8 kernel for conv3d on " + engine));
    }
  }
}

TEST_F(MethodTest, TransposedConvolutionsStayFp32WhereTheirKernelIsWrongAndTheReasonSaysSo) {
  torch::jit::Module module = torch::jit::load(folder_->File("transposed1d_scripted.pt"));
  module.eval();
  const ModelInputs inputs = {SeededInput({2, 4, 16})};
  for (const std::string& engine : QuantizedEngines()) {
    auto quantized = Quantize(module, {v1::PRECISION_INT8_STATIC, engine, "min-max"}, {inputs});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    ASSERT_EQ(quantized->decisions.size(), 1U);
    const std::string& reason = quantized->decisions[0].reason;
    if (HasInt8TransposedConvolutions(engine)) {
      EXPECT_EQ(reason, "");
      continue;
    }
    EXPECT_THAT(reason, ::testing::StartsWith("the int8 kernel for conv_transpose1d on " + engine));
    EXPECT_THAT(reason, ::testing::EndsWith("computes wrong values"));
    EXPECT_TRUE(MeasureParity({module.forward(inputs).toTensor()},
                              {quantized->module.forward(inputs).toTensor()})
                    ->bit_identical());
  }
}

// The names of what stays fp32, and why, are what the user is told.
TEST_F(MethodTest, AnLstmWithProjectionsStaysFp32AndTheReasonSaysSo) {
  torch::jit::Module module = torch::jit::load(folder_->File("lstm_with_projection_scripted.pt"));
  module.eval();
  const auto quantized =
      Quantize(module, {v1::PRECISION_INT8_DYNAMIC, DefaultQuantizedEngine()}, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  ASSERT_EQ(quantized->decisions.size(), 1U);
  EXPECT_EQ(quantized->decisions[0].name, "layer");
  EXPECT_THAT(quantized->decisions[0].reason, ::testing::HasSubstr("projections"));
}

}  // namespace
}  // namespace edgebench::worker
