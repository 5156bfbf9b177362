// Files as users make them with PyTorch, rather than modules of the zoo.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

struct UserModule {
  std::string name;
  std::vector<int64_t> shape;
  int static_int8;
  int dynamic_int8;
  int total;
  double static_sqnr_db;  // at least
};

const std::vector<int64_t> kImage = {1, 3, 96, 96};
const std::vector<int64_t> kVector = {1, 16};

const UserModule kModules[] = {
    {"mobilenet_v2", kImage, 53, 1, 53, 5}, {"mobilenet_v3_small", kImage, 54, 2, 54, 0},
    {"resnet18", kImage, 21, 1, 21, 20},    {"squeezenet1_0", kImage, 26, 0, 26, 20},
    {"functional", kImage, 2, 1, 2, 25},    {"used_twice", kImage, 2, 0, 2, 25},
    {"linear_only", kVector, 2, 2, 2, 25},  {"lstm", {2, 7, 16}, 1, 2, 2, 25},
    {"two_outputs", kVector, 3, 3, 3, 25},  {"residual_relu6", kImage, 1, 0, 1, 25},
    {"upsampling", kImage, 2, 0, 2, 25},
};

class UserModuleTest
    : public ::testing::TestWithParam<
          std::tuple<UserModule, std::string /*made by*/, std::string /*engine*/>> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    ASSERT_EQ(RunPython("user_modules.py", folder_->path()), 0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::vector<at::Tensor> Outputs(torch::jit::Module& module, const ModelInputs& inputs) {
    const c10::IValue output = module.forward(inputs);
    if (output.isTensor()) return {output.toTensor()};
    std::vector<at::Tensor> tensors;
    for (const c10::IValue& element : output.toTuple()->elements()) {
      tensors.push_back(element.toTensor());
    }
    return tensors;
  }

  void QuantizeAndCheck(v1::Precision precision, int int8, double sqnr_db) {
    const auto& [expected, made_by, engine] = GetParam();
    torch::jit::Module module =
        torch::jit::load(folder_->File(expected.name + "_" + made_by + ".pt"));
    module.eval();
    const ModelInputs input = {SeededInput(expected.shape)};
    const std::vector<at::Tensor> reference = Outputs(module, input);
    absl::StatusOr<QuantizedModel> quantized =
        Quantize(module, {precision, engine, "min-max"},
                 {{SeededInput(expected.shape, 2)}, {SeededInput(expected.shape, 3)}});
    ASSERT_TRUE(quantized.ok()) << quantized.status();

    const v1::Coverage coverage =
        MeasureCoverage(quantized->module, input,
                        {precision, NamesOfOperators(quantized->module), quantized->decisions});
    EXPECT_EQ(coverage.int8_ops(), int8) << coverage.ShortDebugString();
    EXPECT_EQ(coverage.total_ops(), expected.total) << coverage.ShortDebugString();
    const v1::Parity parity = *MeasureParity(reference, Outputs(quantized->module, input));
    if (parity.bit_identical()) return;
    ASSERT_TRUE(parity.has_sqnr_db());
    EXPECT_GE(parity.sqnr_db(), sqnr_db);
  }

  static ScratchFolder* folder_;
  const at::NoGradGuard no_grad_;
};

ScratchFolder* UserModuleTest::folder_ = nullptr;

INSTANTIATE_TEST_SUITE_P(PyTorch, UserModuleTest,
                         ::testing::Combine(::testing::ValuesIn(kModules),
                                            ::testing::Values("scripted", "traced"),
                                            ::testing::ValuesIn(QuantizedEngines())),
                         [](const auto& param) {
                           return std::get<0>(param.param).name + "_" + std::get<1>(param.param) +
                                  "_" + std::get<2>(param.param);
                         });

TEST_P(UserModuleTest, BecomesInt8Statically) {
  const UserModule& expected = std::get<0>(GetParam());
  const bool one_stays_fp32 =
      expected.name == "upsampling" && !HasInt8TransposedConvolutions(std::get<2>(GetParam()));
  QuantizeAndCheck(v1::PRECISION_INT8_STATIC, expected.static_int8 - (one_stays_fp32 ? 1 : 0),
                   expected.static_sqnr_db);
}

TEST_P(UserModuleTest, BecomesInt8Dynamically) {
  QuantizeAndCheck(v1::PRECISION_INT8_DYNAMIC, std::get<0>(GetParam()).dynamic_int8, 30);
}

}  // namespace
}  // namespace edgebench::worker
