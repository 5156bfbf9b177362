#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <string>

#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker::zoo {
namespace {

using ::testing::HasSubstr;

class ZooModelTest : public ::testing::TestWithParam<std::string> {
 protected:
  torch::jit::Module MustBuild(const BuildOptions& options) {
    absl::StatusOr<torch::jit::Module> module = Build(GetParam(), options);
    EXPECT_TRUE(module.ok()) << module.status();
    return *std::move(module);
  }

  v1::ZooModel Row() {
    for (const v1::ZooModel& model : Models()) {
      if (model.name() == GetParam()) return model;
    }
    ADD_FAILURE() << GetParam() << " is not among Models()";
    return v1::ZooModel();
  }

  const at::NoGradGuard no_grad_;
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const v1::ZooModel& model : Models()) names.push_back(model.name());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, ZooModelTest, ::testing::ValuesIn(Names()),
                         [](const auto& model) { return model.param; });

// torchvision's own figures.
TEST(Zoo, HasTheseModelsWithThesePublishedParameterCounts) {
  std::map<std::string, int64_t> parameters;
  for (const v1::ZooModel& model : Models()) parameters[model.name()] = model.parameters();
  EXPECT_EQ(parameters, (std::map<std::string, int64_t>{{"mobilenet_v2", 3504872},
                                                        {"mobilenet_v3_small", 2542856},
                                                        {"resnet18", 11689512},
                                                        {"squeezenet1_0", 1248424}}));
}

TEST(Zoo, AMistypedNameIsNotFoundAndTheNearestIsNamed) {
  const absl::StatusOr<torch::jit::Module> module = Build("mobilenetv2", {});
  EXPECT_EQ(module.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(module.status().message()), HasSubstr("Did you mean mobilenet_v2"));
}

TEST_P(ZooModelTest, RowAgreesWithWhatIsBuilt) {
  torch::jit::Module module = MustBuild({0, /*condition=*/false});
  const v1::ZooModel row = Row();

  int64_t parameters = 0;
  for (const at::Tensor& tensor : module.parameters()) parameters += tensor.numel();
  EXPECT_EQ(row.parameters(), parameters);

  const int64_t size = row.default_image_size();
  EXPECT_EQ(CountMultiplyAdds([&] {
              module.forward({SeededInput({1, 3, size, size})});
            }),
            row.flops());

  // The archive's padding and the printed code differ between LibTorch versions.
  std::ostringstream file;
  module.save(file);
  EXPECT_NEAR(static_cast<double>(file.str().size()), row.model_bytes(), 0.005 * row.model_bytes());
}

TEST_P(ZooModelTest, StateDictFitsTorchvisionAndTheOutputsAreItsOutputs) {
  ScratchFolder folder;
  const std::string file = folder.File("model.pt");
  MustBuild({}).save(file);
  EXPECT_EQ(RunPython("zoo_reference.py", GetParam() + " " + file), 0);
}

TEST_P(ZooModelTest, SameSeedGivesTheSameOutputsAndAnotherSeedOthers) {
  const std::vector<c10::IValue> input = {SeededInput({1, 3, 64, 64})};
  const at::Tensor first = MustBuild({5, true}).forward(input).toTensor();
  EXPECT_TRUE(first.equal(MustBuild({5, true}).forward(input).toTensor()));
  EXPECT_FALSE(first.equal(MustBuild({6, true}).forward(input).toTensor()));
}

TEST_P(ZooModelTest, ConditionedActivationsNeitherVanishNorExplode) {
  torch::jit::Module module = MustBuild({});
  EXPECT_FALSE(module.is_training());
  const at::Tensor scores = module.forward({SeededInput({2, 3, 224, 224})}).toTensor();
  EXPECT_EQ(scores.sizes(), (std::vector<int64_t>{2, 1000}));
  EXPECT_GT(scores.std().item<float>(), 0.1f);
  EXPECT_LT(scores.std().item<float>(), 10.0f);
  // The network still tells inputs apart.
  EXPECT_GT((scores[0] - scores[1]).std().item<float>(), 0.01f * scores.std().item<float>());
}

TEST_P(ZooModelTest, StatisticsHaveFewBitsSoThatProcessorsAgreeOnThem) {
  for (const auto& named : MustBuild({}).named_buffers()) {
    if (!named.value.is_floating_point()) continue;
    const at::Tensor mantissa = std::get<0>(at::frexp(named.value)) * (1 << 12);
    EXPECT_TRUE(mantissa.equal(mantissa.round())) << named.name;
  }
}

}  // namespace
}  // namespace edgebench::worker::zoo
