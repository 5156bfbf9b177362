#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <tuple>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

struct Expectation {
  std::string model;
  int layers;  // convolutions and Linear
  int linear;
  double static_sqnr_db;  // at least; docs/quantization.md has what was measured
  double static_megabytes;
};

const Expectation kExpectations[] = {
    {"mobilenet_v2", 53, 1, 10, 3.95},       {"mobilenet_v3_small", 54, 2, 10, 2.85},
    {"mobilenet_v3_large", 64, 2, 10, 5.95}, {"resnet18", 21, 1, 25, 11.9},
    {"resnet50", 54, 1, 14, 26.2},           {"squeezenet1_0", 26, 0, 30, 1.36},
    {"squeezenet1_1", 26, 0, 30, 1.35},      {"vgg16", 16, 3, 25, 138.7},
    {"mnasnet1_0", 53, 1, 10, 4.85},
};

class QuantizedZooTest
    : public ::testing::TestWithParam<std::tuple<Expectation, std::string /*engine*/>> {
 protected:
  const Expectation expected_ = std::get<0>(GetParam());
  const std::string engine_ = std::get<1>(GetParam());
  const at::NoGradGuard no_grad_;
  torch::jit::Module model_ = *zoo::Build(expected_.model, {});
  const ModelInputs input_ = {SeededInput({1, 3, 224, 224})};
  const std::vector<ModelInputs> calibration_ = {{SeededInput({1, 3, 224, 224}, 2)},
                                                 {SeededInput({1, 3, 224, 224}, 3)}};
};

INSTANTIATE_TEST_SUITE_P(Zoo, QuantizedZooTest,
                         ::testing::Combine(::testing::ValuesIn(kExpectations),
                                            ::testing::ValuesIn(QuantizedEngines())),
                         [](const auto& param) {
                           return std::get<0>(param.param).model + "_" + std::get<1>(param.param);
                         });

TEST_P(QuantizedZooTest, StaticRunsEveryLayerAsInt8) {
  const at::Tensor reference = model_.forward(input_).toTensor();
  absl::StatusOr<QuantizedModel> quantized =
      Quantize(model_, {v1::PRECISION_INT8_STATIC, engine_, "min-max"}, calibration_);
  ASSERT_TRUE(quantized.ok()) << quantized.status();

  const v1::Parity parity =
      *MeasureParity({reference}, {quantized->module.forward(input_).toTensor()});
  RecordProperty("sqnr_db", std::to_string(parity.sqnr_db()));
  EXPECT_GE(parity.sqnr_db(), expected_.static_sqnr_db);

  const v1::Coverage coverage =
      MeasureCoverage(quantized->module, input_, {v1::PRECISION_INT8_STATIC});
  EXPECT_EQ(coverage.int8_ops(), expected_.layers);
  EXPECT_EQ(coverage.total_ops(), expected_.layers) << coverage.ShortDebugString();

  std::ostringstream file;
  quantized->module.save(file);
  EXPECT_LT(file.str().size() / 1e6, expected_.static_megabytes);
}

TEST_P(QuantizedZooTest, DynamicRunsTheLinearLayersAsInt8AndNothingElse) {
  const at::Tensor reference = model_.forward(input_).toTensor();
  absl::StatusOr<QuantizedModel> quantized =
      Quantize(model_, {v1::PRECISION_INT8_DYNAMIC, engine_, "min-max"}, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();

  const v1::Coverage coverage =
      MeasureCoverage(quantized->module, input_, {v1::PRECISION_INT8_DYNAMIC});
  EXPECT_EQ(coverage.int8_ops(), expected_.linear);
  EXPECT_EQ(coverage.total_ops(), expected_.layers) << coverage.ShortDebugString();

  // Folding batch norm changes the last bits even where nothing became int8.
  const v1::Parity parity =
      *MeasureParity({reference}, {quantized->module.forward(input_).toTensor()});
  EXPECT_TRUE(parity.bit_identical() || parity.sqnr_db() > 35) << parity.sqnr_db();
}

}  // namespace
}  // namespace edgebench::worker
