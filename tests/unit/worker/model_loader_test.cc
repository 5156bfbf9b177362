#include "agent/worker/torch/model_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/file.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

using testing::HasSubstr;

class ModelLoaderTest : public testing::Test {
 protected:
  // Loads a file that must be refused; the message.
  std::string Refusal() {
    const absl::Status status = LoadModelFile(path_, "net.pt").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("net.pt"));
    return std::string(status.message());
  }

  TempDir folder_;
  const std::string path_ = folder_.File("model");
};

TEST_F(ModelLoaderTest, LoadsWhatWasSavedInEvalMode) {
  SaveSmallModel(path_);
  const auto module = LoadModelFile(path_, "net.pt");
  ASSERT_TRUE(module.ok()) << module.status();
  EXPECT_FALSE(module->is_training());
  EXPECT_EQ(CountParameters(*module), 330);
}

TEST_F(ModelLoaderTest, RefusesAFileThatIsNoArchive) {
  ASSERT_TRUE(WriteFileAtomically(path_, "hello").ok());
  EXPECT_THAT(Refusal(), HasSubstr("is no TorchScript file"));
}

TEST_F(ModelLoaderTest, RefusesAnEmptyFile) {
  ASSERT_TRUE(WriteFileAtomically(path_, "").ok());
  EXPECT_THAT(Refusal(), HasSubstr("is no TorchScript file"));
}

TEST_F(ModelLoaderTest, RefusesAFileThatWasCutOff) {
  SaveSmallModel(path_);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  Refusal();
}

TEST_F(ModelLoaderTest, RefusesAModuleWithoutForward) {
  ScriptedModule("def other(self, x): return x").save(path_);
  EXPECT_THAT(Refusal(), HasSubstr("no forward method"));
}

TEST_F(ModelLoaderTest, RefusesAFileThatIsMissing) { Refusal(); }

TEST_F(ModelLoaderTest, SavesAModelWholeWithTheSizeItTold) {
  const torch::jit::Module module = SmallModel();
  ASSERT_TRUE(SaveModel(module, path_).ok());
  EXPECT_EQ(static_cast<int64_t>(std::filesystem::file_size(path_)), SerializedSize(module));
  EXPECT_TRUE(LoadModelFile(path_, "net.pt").ok());
}

TEST_F(ModelLoaderTest, SavingOverAFileReplacesIt) {
  ASSERT_TRUE(WriteFileAtomically(path_, std::string(1 << 20, 'x')).ok());
  ASSERT_TRUE(SaveModel(SmallModel(), path_).ok());
  EXPECT_TRUE(LoadModelFile(path_, "net.pt").ok());
}

TEST_F(ModelLoaderTest, SaysWhyItCannotSave) {
  const absl::Status status = SaveModel(SmallModel(), folder_.File("missing/model"));
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file or directory"));
}

TEST_F(ModelLoaderTest, AFullDiskIsNoLackOfMemory) {
  const absl::Status status = SaveModel(SmallModel(), "/dev/full");
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cannot write /dev/full: No space left on device"));
}

TEST(StoredPrecision, IsThatOfTheParameters) {
  torch::jit::Module module = SmallModel();
  EXPECT_EQ(StoredPrecision(module), v1::PRECISION_FP32);
  module.to(at::kHalf);
  EXPECT_EQ(StoredPrecision(module), v1::PRECISION_FP16);
  module.to(at::kBFloat16);
  EXPECT_EQ(StoredPrecision(module), v1::PRECISION_BF16);
}

TEST(StoredPrecision, IsInt8WhereTheGraphQuantizes) {
  EXPECT_EQ(
      StoredPrecision(ScriptedModule("def forward(self, x): return "
                                     "torch.quantize_per_tensor(x, 0.1, 0, 13).dequantize()")),
      v1::PRECISION_INT8_STATIC);
}

TEST(StoredPrecision, OfAFrozenModuleIsThatOfItsConstants) {
  torch::jit::Module module = SmallModel();
  EXPECT_EQ(StoredPrecision(torch::jit::freeze(module)), v1::PRECISION_FP32);
  module.to(at::kHalf);
  // Folding batch norm needs operators that the CPU lacks for halves.
  EXPECT_EQ(StoredPrecision(torch::jit::freeze(module, c10::nullopt, /*optimize_numerics=*/false)),
            v1::PRECISION_FP16);
}

TEST(StoredPrecision, OfLinearLayersWithWeightsInHalfPrecisionIsNotInt8) {
  const torch::jit::Module module = ScriptedModule("def forward(self, x): return x");
  torch::jit::Graph& graph = *module.get_method("forward").graph();
  graph.prependNode(graph.create(c10::Symbol::fromQualString("quantized::linear_dynamic_fp16")));
  EXPECT_EQ(StoredPrecision(module), v1::PRECISION_FP16);
}

TEST(CountParameters, CountsTiedWeightsOnceAlsoAfterLoading) {
  torch::jit::Module module = ScriptedModule("def forward(self, x): return x");
  const at::Tensor shared = at::ones({10, 4});
  module.register_parameter("embedding", shared, /*is_buffer=*/false);
  module.register_parameter("output", shared, /*is_buffer=*/false);
  module.register_parameter("bias", at::ones({10}), /*is_buffer=*/false);
  EXPECT_EQ(CountParameters(module), 50);
  const TempDir folder;
  module.save(folder.File("tied.pt"));
  EXPECT_EQ(CountParameters(*LoadModelFile(folder.File("tied.pt"), "tied.pt")), 50);
}

TEST(CountParameters, IsUnknownWhereThereAreNone) {
  EXPECT_FALSE(CountParameters(ScriptedModule("def forward(self, x): return x")).has_value());
}

}  // namespace
}  // namespace edgebench::worker
