#include "agent/worker/torch/mapped_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/quantizer.h"
#include "common/file.h"
#include "common/proc_text.h"
#include "tests/unit/worker/torch_models.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using testing::HasSubstr;

constexpr uint64_t kAnySize = 0;

int64_t StatusBytes(const char* field) {
  return ProcBytes(ReadFile("/proc/self/status").value(), field).value();
}

at::Tensor Output(torch::jit::Module& module, const at::Tensor& input) {
  const c10::InferenceMode inference;
  return module.forward({input}).toTensor();
}

// A module with these buffers, and the methods of `source`.
torch::jit::Module WithBuffers(const std::vector<std::pair<std::string, at::Tensor>>& buffers,
                               const std::string& source) {
  torch::jit::Module module("M");
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& [name, tensor] : buffers) module.register_buffer(name, tensor);
  module.define(source + "\n");
  return module;
}

// The tensors of a module that lie in a mapping.
int CountMapped(const MappedModel& model) {
  if (model.mapping == nullptr) return 0;
  int count = 0;
  const auto tally = [&](const at::Tensor& tensor) {
    if (model.mapping->Holds(tensor.data_ptr())) ++count;
  };
  for (const at::Tensor& tensor : model.module.parameters()) tally(tensor);
  for (const at::Tensor& tensor : model.module.buffers()) tally(tensor);
  return count;
}

class MappedPythonModels : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    ASSERT_EQ(RunPython("large_modules.py", folder_->path()), 0);
    UseQuantizedEngine("qnnpack");  // the one of large_modules.py, where it is there
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static MappedModel Mapped(const std::string& file) {
    absl::StatusOr<MappedModel> model = LoadMapped(folder_->File(file), file, kAnySize);
    EXPECT_TRUE(model.ok()) << model.status();
    return *std::move(model);
  }

  static ScratchFolder* folder_;
};

ScratchFolder* MappedPythonModels::folder_ = nullptr;

TEST_F(MappedPythonModels, ComputeTheSameToTheBit) {
  for (const char* file : {"scripted.pt", "traced.pt", "frozen.pt", "dynamic.pt", "static.pt",
                           "writes.pt", "compressed.pt"}) {
    MappedModel model = Mapped(file);
    torch::jit::Module copied = torch::jit::load(folder_->File(file));
    copied.eval();
    for (int64_t seed = 0; seed < 3; ++seed) {
      const at::Tensor input = SeededInput({1, 256}, seed);
      EXPECT_TRUE(Output(model.module, input).equal(Output(copied, input))) << file;
    }
    EXPECT_EQ(StoredPrecision(model.module), StoredPrecision(copied)) << file;
    EXPECT_EQ(CountParameters(model.module), CountParameters(copied)) << file;
    EXPECT_EQ(model.module.is_training(), copied.is_training()) << file;
  }
}

TEST_F(MappedPythonModels, KeepLargeTensorsInTheFile) {
  // Both linear weights, which are one, and two buffers; biases and norms are small.
  EXPECT_EQ(CountMapped(Mapped("scripted.pt")), 4);
  EXPECT_EQ(CountMapped(Mapped("traced.pt")), 3);
  EXPECT_NE(Mapped("frozen.pt").mapping, nullptr);
  EXPECT_NE(Mapped("static.pt").mapping, nullptr);
}

TEST_F(MappedPythonModels, ThatWriteToTheirBuffersAreCopied) {
  MappedModel model = Mapped("writes.pt");
  EXPECT_EQ(model.mapping, nullptr);
  model.DropPages();
  const at::Tensor zeros = at::zeros({1, 256});
  const at::Tensor first = Output(model.module, zeros);
  EXPECT_TRUE((Output(model.module, zeros) - first).allclose(at::ones({1, 256})));
}

TEST_F(MappedPythonModels, OfCompressedArchivesAreCopied) {
  EXPECT_EQ(Mapped("compressed.pt").mapping, nullptr);
}

TEST_F(MappedPythonModels, OfFewMegabytesAreCopiedUnlessAskedFor) {
  EXPECT_EQ(LoadMapped(folder_->File("scripted.pt"), "scripted.pt")->mapping, nullptr);
}

TEST_F(MappedPythonModels, CanBeSavedAgain) {
  const MappedModel model = Mapped("scripted.pt");
  const std::string path = folder_->File("again.pt");
  ASSERT_TRUE(SaveModel(model.module, path).ok());
  torch::jit::Module again = torch::jit::load(path);
  MappedModel same = Mapped("scripted.pt");
  const at::Tensor input = SeededInput({1, 256});
  EXPECT_TRUE(Output(again, input).equal(Output(same.module, input)));
}

TEST_F(MappedPythonModels, OutliveTheModelWithTheTensorThatIsKept) {
  at::Tensor weight;
  double sum = 0;
  {
    const MappedModel model = Mapped("scripted.pt");
    weight = model.module.attr("first").toModule().attr("weight").toTensor().detach();
    sum = weight.sum().item<double>();
  }
  EXPECT_EQ(weight.sum().item<double>(), sum);
}

TEST_F(MappedPythonModels, ThatCannotBeLoadedGiveTheErrorOfTheOtherLoader) {
  const std::string no_archive = folder_->File("hello.pt");
  ASSERT_TRUE(WriteFileAtomically(no_archive, "hello").ok());
  for (const std::string& path :
       {no_archive, folder_->File("without_forward.pt"), folder_->File("missing.pt")}) {
    const absl::Status mapped = LoadMapped(path, "net.pt", kAnySize).status();
    EXPECT_FALSE(mapped.ok()) << path;
    EXPECT_EQ(mapped, LoadModelFile(path, "net.pt").status()) << path;
  }
}

TEST_F(MappedPythonModels, ThatWereCutOffAreRefused) {
  const std::string path = folder_->File("cut.pt");
  const std::string whole = ReadFile(folder_->File("traced.pt")).value();
  for (const double part : {0.1, 0.5, 0.9, 0.999}) {
    const auto size = static_cast<size_t>(part * static_cast<double>(whole.size()));
    ASSERT_TRUE(WriteFileAtomically(path, whole.substr(0, size)).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(LoadMapped(path, "net.pt", kAnySize).status())) << part;
  }
}

// A file whose pickle tells of more elements than the record has.
TEST_F(MappedPythonModels, WhoseTensorsReachBeyondTheirRecordsAreRefused) {
  const torch::jit::Module module = WithBuffers(
      {{"table", at::ones({300, 128})}}, "def forward(self, x): return x + self.table.sum()");
  const std::string path = folder_->File("reaching.pt");
  module.save(path);
  std::string content = ReadFile(path).value();
  // The size (300, 128) as the pickle has it: BININT2 300, BININT1 128.
  const std::string size("M\x2c\x01K\x80", 5);
  const size_t found = content.find(size);
  ASSERT_NE(found, std::string::npos);
  content[found + 2] = '\x7f';
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
  const absl::Status status = LoadMapped(path, "net.pt", kAnySize).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("reaches beyond"));
}

// 128 MB of weights.
class MappedLargeModel : public testing::Test {
 protected:
  MappedLargeModel() {
    WithBuffers({{"first", SeededInput({4096, 4096})}, {"second", SeededInput({4096, 4096})}},
                "def forward(self, x): return x @ self.first @ self.second")
        .save(path_);
    file_bytes_ = static_cast<int64_t>(std::filesystem::file_size(path_));
  }

  void SetUp() override { malloc_trim(0); }

  ScratchFolder folder_;
  const std::string path_ = folder_.File("model.pt");
  int64_t file_bytes_ = 0;
};

TEST_F(MappedLargeModel, CostsNoAnonymousMemory) {
  SaveSmallModel(folder_.File("small.pt"));
  ASSERT_TRUE(LoadMapped(folder_.File("small.pt"), "small.pt").ok());  // loads LibTorch's parts
  malloc_trim(0);
  const int64_t data = StatusBytes("VmData:");
  const int64_t anonymous = StatusBytes("RssAnon:");
  absl::StatusOr<MappedModel> model = LoadMapped(path_, "large");
  ASSERT_TRUE(model.ok()) << model.status();
  Output(model->module, at::ones({1, 4096}));
  EXPECT_LT(StatusBytes("VmData:") - data, file_bytes_ / 10);
  EXPECT_LT(StatusBytes("RssAnon:") - anonymous, file_bytes_ / 10);
}

TEST_F(MappedLargeModel, GivesPagesBackAndReadsThemAgain) {
  absl::StatusOr<MappedModel> model = LoadMapped(path_, "large");
  ASSERT_TRUE(model.ok()) << model.status();
  const at::Tensor input = SeededInput({1, 4096});
  const at::Tensor before = Output(model->module, input);
  const int64_t resident = StatusBytes("RssFile:");
  model->DropPages();
  EXPECT_LT(StatusBytes("RssFile:"), resident - file_bytes_ * 9 / 10);
  EXPECT_TRUE(Output(model->module, input).equal(before));
}

}  // namespace
}  // namespace edgebench::worker
