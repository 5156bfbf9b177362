#include <c10/core/Allocator.h>
#include <gtest/gtest.h>
#include <torch/version.h>

#include <algorithm>
#include <memory>
#include <string>

#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/zoo/language/longformer.h"
#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/registry.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker::zoo {
namespace {

class LanguageModelTest : public ::testing::TestWithParam<std::string> {
 protected:
  const v1::ZooModel row_ = RowOf(GetParam());
  const at::NoGradGuard no_grad_;
};

INSTANTIATE_TEST_SUITE_P(Zoo, LanguageModelTest, ::testing::ValuesIn(NamesOf("language")),
                         [](const auto& model) { return model.param; });

TEST_P(LanguageModelTest, StateDictFitsTheReferenceAndTheOutputsAreItsOutputs) {
  ScratchFolder folder;
  const std::string file = folder.File("model.pt");
  ASSERT_TRUE(SaveModel(*Build(GetParam(), {}), file).ok());
  EXPECT_EQ(RunPython("zoo_language_reference.py", GetParam() + " " + file), 0);
}

// The largest change of the last hidden state of the first eight of twelve tokens when the
// other four are replaced.
float ChangeByTheLastTokens(torch::jit::Module& module, const v1::ZooModel& row, bool padded) {
  InputSizes sizes;
  sizes.seq_len = 12;
  ModelInputs inputs = InputsOf(row, sizes);
  if (padded) inputs[1].toTensor().slice(1, 8).zero_();
  const at::Tensor before = RunModule(module, inputs)->front().slice(1, 0, 8);
  inputs[0].toTensor().slice(1, 8).fill_(5);
  const at::Tensor after = RunModule(module, inputs)->front().slice(1, 0, 8);
  return (after - before).abs().max().item<float>();
}

TEST_P(LanguageModelTest, WhatStandsAtPaddingReachesNoToken) {
  torch::jit::Module module = *Build(GetParam(), {});
  EXPECT_LT(ChangeByTheLastTokens(module, row_, /*padded=*/true), 1e-5f);
  EXPECT_GT(ChangeByTheLastTokens(module, row_, /*padded=*/false), 1e-2f);
}

TEST_P(LanguageModelTest, TokensKeepApartWhatTheyAre) {
  torch::jit::Module module = *Build(GetParam(), {});
  InputSizes sizes;
  sizes.seq_len = 64;
  const at::Tensor tokens = RunModule(module, InputsOf(row_, sizes))->front()[0];
  const at::Tensor mean = tokens.mean(0, /*keepdim=*/true);
  EXPECT_GT((tokens - mean).std().item<float>(), 0.5f * mean.std().item<float>());
}

#if TORCH_VERSION_MAJOR < 2
using Total = int64_t;
#else
using Total = size_t;
#endif

// Bytes of tensors that the thread holds more than when the meter was made, at most.
class AllocationMeter : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t size, Total, Total, c10::Device) override {
    held_ += size;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0;
  int64_t peak_ = 0;
};

int64_t PeakAt(torch::jit::Module& module, int64_t length) {
  InputSizes sizes;
  sizes.seq_len = length;
  const ModelInputs inputs = InputsOf(RowOf("longformer_base"), sizes);
  const auto meter = std::make_shared<AllocationMeter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
  module.forward(inputs);
  return meter->peak();
}

// The other layers need no more than the first.
TEST(Longformer, TakesMemoryInProportionToTheLength) {
  const at::NoGradGuard no_grad;
  torch::jit::Module module = BuildModule(Longformer(/*layers=*/1), RandomWeights(0));
  const int64_t at_1024 = PeakAt(module, 1024);
  const int64_t at_2048 = PeakAt(module, 2048);
  const int64_t at_4096 = PeakAt(module, 4096);
  RecordProperty("at_1024", std::to_string(at_1024));
  RecordProperty("at_2048", std::to_string(at_2048));
  RecordProperty("at_4096", std::to_string(at_4096));
  EXPECT_GT(at_1024, 1024 * 3072 * 4);  // the widest activation
  EXPECT_LT(at_2048, 2.1 * at_1024);
  EXPECT_LT(at_4096, 2.1 * at_2048);
}

}  // namespace
}  // namespace edgebench::worker::zoo
