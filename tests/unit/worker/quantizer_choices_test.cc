// What a user can choose: operators to keep, a bound, training; and what is told of it.
#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/model_sizes.h"
#include "agent/worker/torch/operator_ranking.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "common/status_macros.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kWidth = 32;

// A layer of its own module, "first", "second" ...: encoder -> relu -> wide -> relu -> head.
// One weight of `wide` is a hundred times the others of the tensor: with one scale for the whole
// of it, the others are rounded away.
torch::jit::Module Network() {
  torch::jit::Module network("Network");
  network.register_attribute("training", c10::BoolType::get(), false);
  int64_t seed = 10;
  for (const char* name : {"encoder", "wide", "head"}) {
    torch::jit::Module layer(std::string("Layer_") + name);
    layer.register_attribute("training", c10::BoolType::get(), false);
    at::Tensor weight = SeededInput({kWidth, kWidth}, ++seed) / std::sqrt(kWidth);
    if (std::string(name) == "wide") weight[0][0] = 30;
    layer.register_parameter("weight", weight, /*is_buffer=*/false);
    layer.register_parameter("bias", SeededInput({kWidth}, ++seed), /*is_buffer=*/false);
    layer.define("def forward(self, x):\n    return torch.linear(x, self.weight, self.bias)\n");
    network.register_module(name, layer);
  }
  network.define(R"(
def forward(self, x):
    return self.head.forward(torch.relu(self.wide.forward(torch.relu(self.encoder.forward(x)))))
)");
  return network;
}

class QuantizerChoicesTest : public ::testing::Test {
 protected:
  static QuantizeOptions Static() {
    QuantizeOptions options{v1::PRECISION_INT8_STATIC, DefaultQuantizedEngine(), "min-max"};
    options.weight_scheme = "per-tensor";
    return options;
  }

  static CalibrationBatches Batches(int count = 4) {
    return [count](const BatchConsumer& consume) -> absl::Status {
      for (int i = 0; i < count; ++i) {
        EDGEBENCH_RETURN_IF_ERROR(consume({SeededInput({64, kWidth}, 100 + i)}));
      }
      return absl::OkStatus();
    };
  }

  double Sqnr(torch::jit::Module module) {
    const at::Tensor actual = module.forward(inputs_).toTensor();
    return MeasureParity({network_.forward(inputs_).toTensor()}, {actual})->sqnr_db();
  }

  std::unique_ptr<Quantizer> Calibrated(const QuantizeOptions& options) {
    std::unique_ptr<Quantizer> quantizer = *Quantizer::Create(network_, options);
    EXPECT_TRUE(quantizer->Calibrate(Batches()).ok());
    return quantizer;
  }

  static std::vector<std::string> Fp32Names(const QuantizedModel& quantized) {
    std::vector<std::string> names;
    for (const OperatorDecision& decision : quantized.decisions) {
      if (!decision.reason.empty()) names.push_back(decision.name);
    }
    return names;
  }

  // What else stays fp32 has no kernel on this processor, such as bf16 on many of arm64.
  static std::vector<std::string> KeptNames(const QuantizedModel& quantized) {
    std::vector<std::string> names;
    for (const OperatorDecision& decision : quantized.decisions) {
      if (decision.reason == "kept fp32 by --keep") names.push_back(decision.name);
    }
    return names;
  }

  const at::NoGradGuard no_grad_;
  torch::jit::Module network_ = Network();
  const ModelInputs inputs_ = {SeededInput({64, kWidth}, 7)};
};

TEST_F(QuantizerChoicesTest, AnOperatorKeptByNameStaysFp32AndTheReasonSaysByWhom) {
  QuantizeOptions options = Static();
  options.keep_fp32 = {"wide"};
  const QuantizedModel quantized = *Calibrated(options)->Convert({});
  EXPECT_THAT(Fp32Names(quantized), ElementsAre("wide"));
  EXPECT_EQ(quantized.decisions[1].reason, "kept fp32 by --keep");
  torch::jit::Module module = quantized.module;
  const v1::Coverage coverage = MeasureCoverage(
      module, inputs_, {v1::PRECISION_INT8_STATIC, NamesOfOperators(module), quantized.decisions});
  EXPECT_EQ(coverage.int8_ops(), 2);
  ASSERT_EQ(coverage.executed_size(), 3);
  EXPECT_EQ(coverage.executed(1).name(), "wide");
  EXPECT_EQ(coverage.executed(1).precision(), v1::PRECISION_FP32);
  EXPECT_EQ(coverage.executed(1).reason(), "kept fp32 by --keep");
}

TEST_F(QuantizerChoicesTest, AStarKeepsAllOperatorsWhoseNamesBeginSo) {
  for (const v1::Precision precision :
       {v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_WEIGHT_ONLY, v1::PRECISION_BF16}) {
    QuantizeOptions options = Static();
    options.precision = precision;
    options.keep_fp32 = {"e*", "head"};
    const auto quantized = (*Quantizer::Create(network_, options))->Convert({});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    EXPECT_THAT(KeptNames(*quantized), ElementsAre("encoder", "head"));
  }
}

TEST_F(QuantizerChoicesTest, KeepingWhatIsNotThereIsAnErrorThatNamesTheNearest) {
  QuantizeOptions options = Static();
  options.keep_fp32 = {"haed"};
  const absl::Status status = Quantizer::Create(network_, options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"haed\""), HasSubstr("Did you mean head"), HasSubstr("wide")));
}

TEST_F(QuantizerChoicesTest, AScaleForEachChannelIsNearerThanOneForTheWholeWeight) {
  QuantizeOptions per_channel = Static();
  per_channel.weight_scheme = "per-channel";
  EXPECT_GT(Sqnr(Calibrated(per_channel)->Convert({})->module),
            Sqnr(Calibrated(Static())->Convert({})->module) + 5);
}

TEST_F(QuantizerChoicesTest, TheRankingPutsFirstWhatHurtsMost) {
  const std::unique_ptr<Quantizer> quantizer = Calibrated(Static());
  const QuantizedModel all = *quantizer->Convert({});
  const HeldOut sample{{{inputs_, {network_.forward(inputs_).toTensor()}}}, "one input"};
  std::vector<double> shares;
  const auto ranking = RankOperators(*quantizer, all, DefaultQuantizedEngine(), sample,
                                     [&](double share) { shares.push_back(share); });
  ASSERT_TRUE(ranking.ok()) << ranking.status();
  ASSERT_EQ(ranking->size(), 3U);
  EXPECT_EQ(ranking->front().name(), "wide");
  EXPECT_EQ(ranking->front().kind(), "linear");
  // Alone it does nearly all the harm of the three together.
  EXPECT_NEAR(ranking->front().sqnr_db(), Sqnr(all.module), 2);
  EXPECT_GT(ranking->back().sqnr_db(), ranking->front().sqnr_db() + 5);
  EXPECT_EQ(shares.back(), 1.0);
}

TEST_F(QuantizerChoicesTest, ABoundKeepsAsFewOfTheWorstAsWillDo) {
  const std::unique_ptr<Quantizer> quantizer = Calibrated(Static());
  const QuantizedModel all = *quantizer->Convert({});
  const HeldOut sample{{{inputs_, {network_.forward(inputs_).toTensor()}}}, "one input"};
  const auto ignore = [](double) {};
  const std::string engine = DefaultQuantizedEngine();
  const auto ranking = *RankOperators(*quantizer, all, engine, sample, ignore);
  const auto keep = [&](double bound) {
    return *OperatorsToKeep(*quantizer, ranking, engine, sample, bound, ignore);
  };
  EXPECT_THAT(keep(Sqnr(all.module) - 1), ElementsAre());
  EXPECT_THAT(keep(Sqnr(all.module) + 5), ElementsAre("wide"));
  EXPECT_GE(Sqnr(quantizer->Convert(keep(Sqnr(all.module) + 5))->module), Sqnr(all.module) + 5);
  EXPECT_EQ(keep(150).size(), 3U);  // beyond what int8 can do
}

TEST_F(QuantizerChoicesTest, TrainingBringsTheOutputsNearerThanStaticQuantization) {
  QuantizeOptions options = Static();
  options.precision = v1::PRECISION_INT8_QAT;
  const std::unique_ptr<Quantizer> quantizer = Calibrated(options);
  const double before = Sqnr(quantizer->Convert({})->module);
  TrainOptions train;
  train.steps = 200;
  train.learning_rate = 1e-3;
  const auto losses = quantizer->Train(Batches(), train);
  ASSERT_TRUE(losses.ok()) << losses.status();
  ASSERT_EQ(losses->size(), 200U);
  EXPECT_LT(losses->back(), losses->front());
  // Held out: neither calibration nor training saw these inputs.
  EXPECT_GT(Sqnr(quantizer->Convert({})->module), before + 1);
}

TEST_F(QuantizerChoicesTest, ATrainingThatIsStoppedConvertsWhatItHasLearned) {
  QuantizeOptions options = Static();
  options.precision = v1::PRECISION_INT8_QAT;
  const std::unique_ptr<Quantizer> quantizer = Calibrated(options);
  TrainOptions train;
  train.learning_rate = 1e-3;
  train.optimizer = "sgd";
  train.on_step = [](int step, double) { return step < 3; };
  EXPECT_EQ(quantizer->Train(Batches(), train)->size(), 3U);
  EXPECT_GT(Sqnr(quantizer->Convert({})->module), 5);
}

TEST_F(QuantizerChoicesTest, OnlyQatTrains) {
  EXPECT_EQ(Calibrated(Static())->Train(Batches(), {}).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST_F(QuantizerChoicesTest, HalfPrecisionIsStoredInHalfAlsoWhereNoKernelComputesInIt) {
  QuantizeOptions options = Static();
  options.precision = v1::PRECISION_FP16;
  const QuantizedModel quantized = *(*Quantizer::Create(network_, options))->Convert({});
  EXPECT_LT(SerializedSize(quantized.module), SerializedSize(network_) * 0.7);
  EXPECT_EQ(StoredPrecision(quantized.module), v1::PRECISION_FP16);
  EXPECT_GT(Sqnr(quantized.module), 50);
}

TEST_F(QuantizerChoicesTest, SizesCountElementsAndBytesByType) {
  const QuantizedModel quantized = *Calibrated(Static())->Convert({});
  const v1::ModelSizes sizes = SizesOf(quantized.module);
  int64_t int8 = 0, fp32 = 0;
  for (const v1::ModelSizes::Part& part : sizes.parts()) {
    if (part.precision() == "int8") int8 = part.elements();
    if (part.precision() == "fp32") fp32 = part.elements();
  }
  EXPECT_EQ(int8, 3 * kWidth * kWidth);
  EXPECT_EQ(fp32, 3 * kWidth);  // the biases
}

TEST_F(QuantizerChoicesTest, InputsThatNoBatchLedToLeaveTheirBranchInFp32) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    if bool(x.sum() > 0):
        return torch.linear(x, self.weight, self.bias)
    return torch.linear(torch.linear(x, self.weight), self.weight)
)",
                                       SeededInput({8, 8}), SeededInput({8}));
  const ModelInputs positive = {at::ones({2, 8})};
  const auto quantized = Quantize(module, Static(), {positive});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  torch::jit::Module converted = quantized->module;
  const CoverageContext context{v1::PRECISION_INT8_STATIC, {}, quantized->decisions};
  EXPECT_EQ(MeasureCoverage(converted, positive, context).int8_ops(), 1);
  const v1::Coverage other = MeasureCoverage(converted, {-at::ones({2, 8})}, context);
  EXPECT_EQ(other.int8_ops(), 0);
  EXPECT_EQ(other.total_ops(), 2);
}

TEST_F(QuantizerChoicesTest, AWeightComputedAtRunTimeStaysFp32) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    return torch.linear(x, self.weight * x.mean(), self.bias)
)",
                                       SeededInput({8, 8}), SeededInput({8}));
  const auto quantized = Quantize(module, Static(), {{SeededInput({2, 8})}});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  ASSERT_EQ(quantized->decisions.size(), 1U);
  EXPECT_THAT(quantized->decisions[0].reason, HasSubstr("computed at run time"));
}

// As KV caches do.
TEST_F(QuantizerChoicesTest, ALayerWhoseOutputIsChangedInPlaceThroughAViewKeepsItsValues) {
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    y = torch.linear(x, self.weight, self.bias)
    y[0] = 1.0
    return torch.linear(y, self.weight)
)",
                                       SeededInput({8, 8}), SeededInput({8}));
  const ModelInputs inputs = {SeededInput({3, 8})};
  const at::Tensor expected = module.forward(inputs).toTensor();
  for (const v1::Precision precision : {v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_DYNAMIC}) {
    QuantizeOptions options = Static();
    options.precision = precision;
    auto quantized = Quantize(module, options, {inputs});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    EXPECT_GT(MeasureParity({expected}, {quantized->module.forward(inputs).toTensor()})->sqnr_db(),
              25);
  }
}

}  // namespace
}  // namespace edgebench::worker
