#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker {
namespace {

struct Expectation {
  std::string model;
  int linear;  // layers of this kind that run
  int embeddings;
  int shared;  // of the linear layers, those that use the weights of another
};

// Longformer has a projection of a global query, key and value besides those of BERT, and
// no embedding of token types that is looked up.
const Expectation kExpectations[] = {
    {"bert_base", 12 * 6 + 1, 3, 0},
    {"albert_base", 12 * 6 + 2, 3, 11 * 6},
    {"distilbert_base", 6 * 6, 2, 0},
    {"longformer_base", 12 * 9 + 1, 2, 0},
};

class QuantizedLanguageTest : public ::testing::TestWithParam<Expectation> {
 protected:
  const at::NoGradGuard no_grad_;
};

INSTANTIATE_TEST_SUITE_P(Zoo, QuantizedLanguageTest, ::testing::ValuesIn(kExpectations),
                         [](const auto& param) { return param.param.model; });

TEST_P(QuantizedLanguageTest, DynamicRunsEveryLinearLayerAsInt8AndPacksSharedWeightsOnce) {
  const v1::ZooModel row = zoo::RowOf(GetParam().model);
  const ModelInputs inputs = zoo::InputsOf(row, zoo::SmallSizes(row));
  torch::jit::Module model = *zoo::Build(row.name(), {});
  const std::vector<at::Tensor> reference = *RunModule(model, inputs);
  absl::StatusOr<QuantizedModel> quantized =
      Quantize(model, {v1::PRECISION_INT8_DYNAMIC, DefaultQuantizedEngine(), "min-max"}, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(std::count_if(quantized->decisions.begin(), quantized->decisions.end(),
                          [](const OperatorDecision& decision) { return decision.reason.empty(); }),
            GetParam().linear - GetParam().shared);

  const v1::Coverage coverage =
      MeasureCoverage(quantized->module, inputs, {v1::PRECISION_INT8_DYNAMIC});
  EXPECT_EQ(coverage.int8_ops(), GetParam().linear);
  EXPECT_EQ(coverage.total_ops(), GetParam().linear + GetParam().embeddings)
      << coverage.ShortDebugString();

  const v1::Parity parity = *MeasureParity(reference, *RunModule(quantized->module, inputs));
  RecordProperty("sqnr_db", std::to_string(parity.sqnr_db()));
  EXPECT_GT(parity.sqnr_db(), 25);
}

}  // namespace
}  // namespace edgebench::worker
