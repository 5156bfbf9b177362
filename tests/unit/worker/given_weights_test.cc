#include "agent/worker/zoo/given_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>

#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/model_source.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_archive.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker::zoo {
namespace {

using testing::HasSubstr;

// --- against torchvision and the reference of language models

using Tensors = std::map<std::string, at::Tensor>;

Tensors KnownIn(const std::string& folder) {
  const auto file = tensor_files::Checkpoint::Open(folder + "/known");
  EXPECT_TRUE(file.ok()) << file.status();
  Tensors known;
  for (const tensor_files::CheckpointTensor& tensor : file->tensors()) {
    const auto type = tensor.type == "int64" ? at::kLong : at::kFloat;
    known[tensor.name] =
        at::from_blob(const_cast<uint8_t*>(tensor.data), tensor.shape, type).clone();
  }
  return known;
}

absl::StatusOr<torch::jit::Module> BuildWith(const std::string& model, const std::string& path) {
  auto given = GivenWeights::Open({path, "FILE", /*allow_missing=*/false, /*keep_mapped=*/true},
                                  *Describe(model), RowOf(model));
  if (!given.ok()) return given.status();
  EXPECT_TRUE(given->complete());
  BuildOptions options;
  options.weights = &*given;
  return Build(model, options);
}

void ExpectNear(const at::Tensor& actual, const at::Tensor& expected) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const double largest = expected.abs().max().item<double>();
  EXPECT_GT(largest, 0);
  EXPECT_LE((expected - actual).abs().max().item<double>(), 1e-4 * std::max(1.0, largest));
}

class GivenVisionWeightsTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Zoo, GivenVisionWeightsTest, testing::ValuesIn(NamesOf("vision")),
                         [](const auto& model) { return model.param; });

TEST_P(GivenVisionWeightsTest, GiveTheOutputsOfTorchvision) {
  const at::NoGradGuard no_gradients;
  ScratchFolder folder;
  ASSERT_EQ(RunPython("torchvision_weights.py", GetParam() + " " + folder.path()), 0);
  const Tensors known = KnownIn(folder.path());
  for (const char* form : {"float32", "float16", "bfloat16"}) {
    SCOPED_TRACE(form);
    auto module = BuildWith(GetParam(), folder.File(form));
    ASSERT_TRUE(module.ok()) << module.status();
    ExpectNear(module->forward({known.at("images")}).toTensor(), known.at(form));
  }
}

class GivenLanguageWeightsTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Zoo, GivenLanguageWeightsTest, testing::ValuesIn(NamesOf("language")),
                         [](const auto& model) { return model.param; });

TEST_P(GivenLanguageWeightsTest, GiveTheOutputsOfTheReference) {
  const at::NoGradGuard no_gradients;
  ScratchFolder folder;
  ASSERT_EQ(RunPython("language_weights.py", GetParam() + " " + folder.path()), 0);
  const Tensors known = KnownIn(folder.path());
  ModelInputs inputs;
  for (int i = 0; i < RowOf(GetParam()).inputs_size(); ++i)
    inputs.emplace_back(known.at("input " + std::to_string(i)));
  for (const std::string form : {"published", "bfloat16"}) {
    SCOPED_TRACE(form);
    auto module = BuildWith(GetParam(), folder.File(form));
    ASSERT_TRUE(module.ok()) << module.status();
    const auto outputs = RunModule(*module, inputs);
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    for (size_t i = 0; i < outputs->size(); ++i)
      ExpectNear((*outputs)[i], known.at(form + " " + std::to_string(i)));
  }
}

// --- of a model of one layer

Layer OneLinear() {
  return Layer{"M",
               "def forward(self, x: Tensor) -> Tensor:\n    return x\n",
               {},
               {{"fc", Linear(2, 3)}},
               {}};
}

class GivenWeightsTest : public testing::Test {
 protected:
  absl::StatusOr<GivenWeights> Open(const std::string& content, bool keep_mapped = false) {
    std::ofstream(folder_.File("f"), std::ios::binary) << content;
    v1::ZooModel model;
    model.set_name("little");
    return GivenWeights::Open({folder_.File("f"), "f.pth", false, keep_mapped}, OneLinear(), model);
  }

  ScratchFolder folder_;
};

const std::vector<double> kWeights = {0, 1, 2, 3, 4, 5, 6, 7, 8};

template <typename T>
std::string Narrowed() {
  return BytesOfValues(std::vector<T>(kWeights.begin(), kWeights.end()));
}

std::string FileOf(const std::string& storage, const std::string& values,
                   std::vector<int64_t> strides = {2, 1}) {
  return TorchFileOf(
      PickledDict({{"fc.weight", Pickled({storage, "0", 0, {3, 2}, std::move(strides)})},
                   {"fc.bias", Pickled({storage, "0", 6, {3}, {1}})}}),
      {values});
}

std::vector<float> ValuesOf(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TEST_F(GivenWeightsTest, AreWidenedOrNarrowedToFp32) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"FloatStorage", Narrowed<float>()},
      {"DoubleStorage", Narrowed<double>()},
      {"HalfStorage", Narrowed<at::Half>()},
      {"BFloat16Storage", Narrowed<at::BFloat16>()}};
  for (const auto& [storage, values] : files) {
    const auto given = Open(FileOf(storage, values));
    ASSERT_TRUE(given.ok()) << given.status();
    const auto weight = given->Load("fc.weight");
    ASSERT_TRUE(weight.ok()) << weight.status();
    EXPECT_EQ(weight->scalar_type(), at::kFloat);
    EXPECT_EQ(ValuesOf(*weight), (std::vector<float>{0, 1, 2, 3, 4, 5})) << storage;
    EXPECT_EQ(ValuesOf(*given->Load("fc.bias")), (std::vector<float>{6, 7, 8})) << storage;
  }
}

TEST_F(GivenWeightsTest, OfATransposedTensorAreInTheirOrder) {
  for (const bool keep_mapped : {false, true}) {
    const auto given = Open(FileOf("FloatStorage", Narrowed<float>(), {1, 3}), keep_mapped);
    ASSERT_TRUE(given.ok()) << given.status();
    const at::Tensor weight = *given->Load("fc.weight");
    EXPECT_TRUE(weight.is_contiguous());
    EXPECT_EQ(ValuesOf(weight), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  }
}

TEST_F(GivenWeightsTest, StayInTheFileWhereTheyAreAligned) {
  const std::string entries = R"("fc.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},)"
                              R"("fc.bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]}})";
  std::string header = "{" + entries;
  header.append((4 - header.size() % 4) % 4, ' ');
  auto given = Open(SafetensorsOf(header, Narrowed<float>()), /*keep_mapped=*/true);
  ASSERT_TRUE(given.ok()) << given.status();
  ASSERT_TRUE(given->drop_pages());
  at::Tensor weight = *given->Load("fc.weight");
  EXPECT_EQ(weight.data_ptr(), given->Load("fc.weight")->data_ptr());
  given->drop_pages()();
  given = absl::UnknownError("closed");  // the tensor keeps the file mapped
  EXPECT_EQ(ValuesOf(weight), (std::vector<float>{0, 1, 2, 3, 4, 5}));

  const auto unaligned = Open(SafetensorsOf(header + " ", Narrowed<float>()), true);
  ASSERT_TRUE(unaligned.ok()) << unaligned.status();
  weight = *unaligned->Load("fc.weight");
  EXPECT_NE(weight.data_ptr(), unaligned->Load("fc.weight")->data_ptr());
  EXPECT_EQ(ValuesOf(weight), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

TEST_F(GivenWeightsTest, ThatAreNotFiniteAreRefusedByName) {
  const double most = std::numeric_limits<double>::max();
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), most}) {
    std::vector<double> values = kWeights;
    values[7] = bad;
    const auto given = Open(FileOf("DoubleStorage", BytesOfValues(values)));
    ASSERT_TRUE(given.ok()) << given.status();
    EXPECT_TRUE(given->Load("fc.weight").ok());
    const auto bias = given->Load("fc.bias");
    EXPECT_EQ(bias.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(bias.status().message()), HasSubstr("tensor fc.bias of f.pth"));
  }
}

TEST_F(GivenWeightsTest, OfAFileThatIsNoneAreRefusedByTheNameOfTheFile) {
  const auto given = Open("once upon a time there was a file");
  EXPECT_EQ(given.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(given.status().message()), HasSubstr("f.pth holds no weights"));
}

// --- of a job

class WeightsOfAJobTest : public testing::Test {
 protected:
  // Of squeezenet1_0, which is small, all in one storage.
  std::string Written(const std::string& left_out = "") {
    std::vector<std::pair<std::string, std::string>> entries;
    int64_t offset = 0;
    const torch::jit::Module module = *Build("squeezenet1_0", {});
    for (const auto& parameter : module.named_parameters()) {
      const std::vector<int64_t> shape = parameter.value.sizes().vec();
      if (parameter.name != left_out)
        entries.emplace_back(parameter.name, Pickled({"FloatStorage", "0", offset, shape,
                                                      tensor_files::ContiguousStrides(shape)}));
      offset += parameter.value.numel();
    }
    std::vector<float> values(static_cast<size_t>(offset), 0.25F);
    std::ofstream(folder_.File("f"), std::ios::binary)
        << TorchFileOf(PickledDict(entries), {BytesOfValues(values)});
    return folder_.File("f");
  }

  static v1::WorkerRequest::RunJob JobWith(const std::string& path, bool allow_missing = false) {
    v1::WorkerRequest::RunJob job;
    job.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
    job.mutable_settings()->mutable_model()->set_zoo_name("squeezenet1_0");
    job.mutable_settings()->set_weights_name("f.pth");
    job.mutable_settings()->set_allow_missing_weights(allow_missing);
    job.set_weights_path(path);
    return job;
  }

  ScratchFolder folder_;
};

TEST_F(WeightsOfAJobTest, AreNotRandom) {
  const auto source = OpenModel(JobWith(Written()), /*condition=*/true);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_FALSE(source->random_weights);
  for (const at::Tensor& parameter : source->module.parameters())
    EXPECT_TRUE(parameter.eq(0.25).all().item<bool>());
}

TEST_F(WeightsOfAJobTest, AreRandomWhereOneIsMissing) {
  const std::string path = Written(/*left_out=*/"classifier.1.bias");
  const auto refused = OpenModel(JobWith(path), /*condition=*/true);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("1 tensor missing (classifier.1.bias)"));
  const auto source = OpenModel(JobWith(path, /*allow_missing=*/true), /*condition=*/true);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE(source->random_weights);
  EXPECT_THAT(source->notes, testing::ElementsAre("not in f.pth, and random: classifier.1.bias"));
}

}  // namespace
}  // namespace edgebench::worker::zoo
