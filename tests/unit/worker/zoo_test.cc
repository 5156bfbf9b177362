// What holds for every model of the zoo, whatever its family.

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "agent/worker/torch/inputs.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker::zoo {
namespace {

using ::testing::HasSubstr;

// torchvision's own figures, and those of the published checkpoints; of speech, ESPnet's.
TEST(Zoo, HasTheseModelsWithThesePublishedParameterCounts) {
  std::map<std::string, int64_t> parameters;
  for (const v1::ZooModel& model : Models()) parameters[model.name()] = model.parameters();
  EXPECT_EQ(parameters, (std::map<std::string, int64_t>{{"albert_base", 11683584},
                                                        {"asr_lstm", 15053672},
                                                        {"asr_lstm_ctc", 8667},
                                                        {"asr_lstm_decoder", 1459318},
                                                        {"asr_lstm_encoder", 6780160},
                                                        {"asr_lstm_lm", 6805527},
                                                        {"asr_transformer", 201969560},
                                                        {"asr_transformer_ctc", 2565000},
                                                        {"asr_transformer_decoder", 30350216},
                                                        {"asr_transformer_encoder", 83231744},
                                                        {"asr_transformer_lm", 85822600},
                                                        {"bert_base", 109482240},
                                                        {"distilbert_base", 66362880},
                                                        {"longformer_base", 148659456},
                                                        {"mnasnet1_0", 4383312},
                                                        {"mobilenet_v2", 3504872},
                                                        {"mobilenet_v3_large", 5483032},
                                                        {"mobilenet_v3_small", 2542856},
                                                        {"resnet18", 11689512},
                                                        {"resnet50", 25557032},
                                                        {"squeezenet1_0", 1248424},
                                                        {"squeezenet1_1", 1235496},
                                                        {"vgg16", 138357544}}));
}

TEST(Zoo, AMistypedNameIsNotFoundAndTheNearestIsNamed) {
  const absl::StatusOr<torch::jit::Module> module = Build("mobilenetv2", {});
  EXPECT_EQ(module.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(module.status().message()), HasSubstr("Did you mean mobilenet_v2"));
}

class ZooModelTest : public ::testing::TestWithParam<std::string> {
 protected:
  const v1::ZooModel row_ = RowOf(GetParam());
  const at::NoGradGuard no_grad_;
};

INSTANTIATE_TEST_SUITE_P(Zoo, ZooModelTest, ::testing::ValuesIn(NamesOf("")),
                         [](const auto& model) { return model.param; });

TEST_P(ZooModelTest, RowAgreesWithWhatIsBuilt) {
  torch::jit::Module module = *Build(GetParam(), {0, /*condition=*/false});
  EXPECT_EQ(worker::CountParameters(module), row_.parameters());
  EXPECT_EQ(CountMultiplyAdds([&] { module.forward(InputsOf(row_, DefaultSizes(row_))); }),
            row_.flops());
  // The archive's padding, its short records and the printed code differ between LibTorch
  // versions.
  EXPECT_NEAR(static_cast<double>(SerializedSize(module)), row_.model_bytes(),
              0.005 * row_.model_bytes() + 500);
}

// All but asr_transformer, whose parts are models of their own: they show the same with a
// fraction of the work.
std::vector<std::string> NamesOfQuickOnes() {
  std::vector<std::string> names = NamesOf("");
  names.erase(std::remove(names.begin(), names.end(), "asr_transformer"), names.end());
  return names;
}

class SeededModelTest : public ZooModelTest {};

INSTANTIATE_TEST_SUITE_P(Zoo, SeededModelTest, ::testing::ValuesIn(NamesOfQuickOnes()),
                         [](const auto& model) { return model.param; });

TEST_P(SeededModelTest, SameSeedGivesTheSameOutputsAndAnotherSeedOthers) {
  const ModelInputs inputs = InputsOf(row_, SmallSizes(row_));
  const auto outputs = [&](int64_t seed) {
    torch::jit::Module module = *Build(GetParam(), {seed, true});
    return *RunModule(module, inputs);
  };
  const std::vector<at::Tensor> first = outputs(5);
  EXPECT_TRUE(first.back().equal(outputs(5).back()));
  EXPECT_FALSE(first.back().equal(outputs(6).back()));
}

TEST_P(SeededModelTest, ComesInEvalModeAndItsOutputsNeitherVanishNorExplode) {
  torch::jit::Module module = *Build(GetParam(), {});
  EXPECT_FALSE(module.is_training());
  InputSizes sizes = DefaultSizes(row_);
  sizes.batch = 2;
  const at::Tensor output = RunModule(module, InputsOf(row_, sizes))->front();
  EXPECT_EQ(output.size(0), 2);
  if (!output.is_floating_point()) return;  // tokens
  EXPECT_GT(output.std().item<float>(), 0.1f);
  EXPECT_LT(output.std().item<float>(), 10.0f);
  // The network still tells inputs apart.
  EXPECT_GT((output[0] - output[1]).std().item<float>(), 0.01f * output.std().item<float>());
}

TEST_P(SeededModelTest, StatisticsHaveFewBitsSoThatProcessorsAgreeOnThem) {
  for (const auto& named : Build(GetParam(), {})->named_buffers()) {
    if (!named.value.is_floating_point()) continue;
    const at::Tensor mantissa = std::get<0>(at::frexp(named.value)) * (1 << 12);
    EXPECT_TRUE(mantissa.equal(mantissa.round())) << named.name;
  }
}

}  // namespace
}  // namespace edgebench::worker::zoo
