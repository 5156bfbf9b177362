// The recognizers of speech: their parts. What the search finds is in
// zoo_speech_search_test.cc.

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/registry.h"
#include "agent/worker/zoo/speech/asr.h"
#include "tests/unit/worker/speech_models.h"
#include "tests/unit/worker/torch_test_support.h"
#include "tests/unit/worker/zoo_models.h"

namespace edgebench::worker::zoo {
namespace {

// The file that torch.save makes of an fp32 state dict, which is what the labs measured.
struct LabFigure {
  std::string model;
  double kilobytes;  // of 1000 bytes
  double tolerance;  // relative
};

class LabFigureTest : public ::testing::TestWithParam<LabFigure> {};

INSTANTIATE_TEST_SUITE_P(Speech, LabFigureTest,
                         ::testing::Values(LabFigure{"asr_transformer_encoder", 333240.511, 0.01},
                                           LabFigure{"asr_transformer_decoder", 121456.191, 0.01},
                                           LabFigure{"asr_transformer_ctc", 10261.031, 0.01},
                                           LabFigure{"asr_transformer_lm", 343293.444, 0.05},
                                           LabFigure{"asr_lstm_encoder", 27217.042, 0.01},
                                           LabFigure{"asr_lstm_decoder", 5841.467, 0.01},
                                           LabFigure{"asr_lstm_ctc", 35.687, 0.01},
                                           LabFigure{"asr_lstm_lm", 27225.156, 0.05}),
                         [](const auto& figure) { return figure.param.model; });

TEST_P(LabFigureTest, IsTheSizeOfTheStateDict) {
  ScratchFolder folder;
  const std::string file = folder.File("model.pt");
  ASSERT_TRUE(SaveModel(*Build(GetParam().model, {0, /*condition=*/false}), file).ok());
  EXPECT_EQ(RunPython("state_dict_size.py", file + " " + std::to_string(GetParam().kilobytes) +
                                                " " + std::to_string(GetParam().tolerance)),
            0);
}

using Tensors = std::map<std::string, at::Tensor>;

Tensors TensorsOf(const torch::jit::Module& module) {
  Tensors tensors;
  for (const auto& named : module.named_parameters()) tensors[named.name] = named.value;
  for (const auto& named : module.named_buffers()) tensors[named.name] = named.value;
  return tensors;
}

TEST(Speech, PartsHaveTheNamesAndWeightsOfTheWhole) {
  Tensors parts;
  for (const char* part : {"encoder", "decoder", "ctc", "lm"}) {
    parts.merge(TensorsOf(*Build(std::string("asr_lstm_") + part, {7, true})));
  }
  const Tensors whole = TensorsOf(*Build("asr_lstm", {7, true}));
  ASSERT_EQ(parts.size(), whole.size());
  for (const auto& [name, tensor] : whole) {
    ASSERT_EQ(parts.count(name), 1u) << name;
    EXPECT_TRUE(parts[name].equal(tensor)) << name;
  }
}

// Those of ESPnet2's checkpoints.
TEST(Speech, TensorsAreCalledAsInEspnet) {
  const Tensors transformer = TensorsOf(Tiny("transformer"));
  for (const char* name : {"encoder.embed.conv.0.weight",
                           "encoder.embed.conv.2.bias",
                           "encoder.embed.out.0.weight",
                           "encoder.encoders.0.self_attn.linear_q.weight",
                           "encoder.encoders.0.self_attn.pos_bias_u",
                           "encoder.encoders.0.self_attn.linear_pos.weight",
                           "encoder.encoders.0.feed_forward_macaron.w_1.weight",
                           "encoder.encoders.0.conv_module.pointwise_conv1.weight",
                           "encoder.encoders.0.conv_module.norm.running_var",
                           "encoder.encoders.0.norm_final.weight",
                           "encoder.after_norm.weight",
                           "decoder.embed.0.weight",
                           "decoder.decoders.1.src_attn.linear_out.bias",
                           "decoder.decoders.0.norm3.weight",
                           "decoder.after_norm.bias",
                           "decoder.output_layer.weight",
                           "ctc.ctc_lo.weight",
                           "lm.encoder.weight",
                           "lm.rnn.weight_hh_l1",
                           "lm.decoder.bias"}) {
    EXPECT_EQ(transformer.count(name), 1u) << name;
  }
  const Tensors lstm = TensorsOf(Tiny("lstm"));
  for (const char* name :
       {"encoder.enc.0.birnn0.weight_ih_l0_reverse", "encoder.enc.0.bt2.weight",
        "decoder.embed.weight", "decoder.decoder.0.weight_ih", "decoder.output.bias",
        "decoder.att_list.0.mlp_enc.bias", "decoder.att_list.0.mlp_dec.weight",
        "decoder.att_list.0.mlp_att.weight", "decoder.att_list.0.loc_conv.weight",
        "decoder.att_list.0.gvec.weight"}) {
    EXPECT_EQ(lstm.count(name), 1u) << name;
  }
}

TEST(Speech, PartsOfTheConformerComputeWhatPlainModulesOfPytorchDo) {
  AsrTransformerSizes sizes;
  sizes.encoder = {80, 24, 4, 40, 7, 3};
  sizes.decoder = {30, 24, 4, 40, 2};
  sizes.lm = {30, 20, 2};
  const Layer layer = AsrTransformer(sizes);
  torch::jit::Module module = BuildModule(layer, RandomWeights(3));
  const at::NoGradGuard no_grad;
  for (const auto& named : module.named_buffers()) {  // statistics that are not 0 and 1
    if (named.value.is_floating_point()) {
      named.value.copy_(SeededInput({24}, static_cast<int64_t>(named.name.size())).abs() + 0.5);
    }
  }
  for (const auto& named : module.named_parameters()) {  // nor norms and biases
    if (named.value.dim() == 1) named.value.add_(0.3 * SeededInput(named.value.sizes().vec()));
  }
  ScratchFolder folder;
  ASSERT_TRUE(SaveModel(module, folder.File("model.pt")).ok());
  EXPECT_EQ(RunPython("zoo_speech_reference.py", "transformer " + folder.File("model.pt") + " 4"),
            0);
}

TEST(Speech, PartsOfTheLstmModelComputeWhatPlainModulesOfPytorchDo) {
  ScratchFolder folder;
  torch::jit::Module module = *Build("asr_lstm", {});
  const at::NoGradGuard no_grad;
  for (const auto& named : module.named_parameters()) {
    if (named.value.dim() == 1) named.value.add_(0.3 * SeededInput(named.value.sizes().vec()));
  }
  ASSERT_TRUE(SaveModel(module, folder.File("model.pt")).ok());
  EXPECT_EQ(RunPython("zoo_speech_reference.py", "lstm " + folder.File("model.pt") + " 1"), 0);
}

TEST(Speech, ShapesOfTheWholeDependOnTheInputOnly) {
  torch::jit::Module module = *Build("asr_lstm", {});
  const std::vector<at::Tensor> outputs = *RunModule(module, {SeededInput({2, 100, 80})});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(DescribeTensor(outputs[0]), "int64[2,15]");  // 15 letters per second
  EXPECT_EQ(DescribeTensor(outputs[1]), "float32[2]");
  EXPECT_GE(outputs[0].min().item<int64_t>(), 1);  // no blank, and nothing that ended early
  EXPECT_LE(outputs[0].max().item<int64_t>(), 25);

  module.setattr("min_length_ratio", 0.0);
  module.setattr("max_length_ratio", 1.0);
  module.setattr("beam", 2.0);
  const std::vector<at::Tensor> free_end = *RunModule(module, {SeededInput({2, 100, 80})});
  EXPECT_EQ(DescribeTensor(free_end[0]), "int64[2,25]");
  EXPECT_EQ(free_end[0].min().item<int64_t>(), -1);  // ended before
}

TEST(Speech, DecodingOptionsReachTheSearch) {
  BuildOptions options;
  options.decoding.set_ctc_weight(0.5);
  options.decoding.set_lm_weight(0);
  options.decoding.set_beam(3);
  const torch::jit::Module module = *Build("asr_lstm", options);
  EXPECT_EQ(module.attr("ctc_weight").toDouble(), 0.5);
  EXPECT_EQ(module.attr("lm_weight").toDouble(), 0);
  EXPECT_EQ(module.attr("beam").toDouble(), 3);
}

TEST(Speech, QuantizingDynamicallyMakesInt8OfEveryLinearAndRecurrentLayer) {
  torch::jit::Module module = *Build("asr_lstm", {});
  module.setattr("beam", 2.0);
  const ModelInputs inputs = {SeededInput({1, 60, 80})};
  const std::vector<at::Tensor> expected = *RunModule(module, inputs);
  const std::string engine = DefaultQuantizedEngine();
  absl::StatusOr<QuantizedModel> quantized =
      Quantize(module, {v1::PRECISION_INT8_DYNAMIC, engine, "min-max"}, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto outputs = RunQuantized(quantized->module, inputs, engine);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  ASSERT_EQ(outputs->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(DescribeTensor((*outputs)[i]), DescribeTensor(expected[i]));
  }
  // In loops and branches too.
  for (const OperatorDecision& decision : quantized->decisions) {
    const bool narrow =
        decision.kind == "linear" || decision.kind == "lstm" || decision.kind == "lstm_cell";
    EXPECT_EQ(decision.reason.empty(), narrow) << decision.name << ": " << decision.reason;
  }
  EXPECT_EQ(quantized->decisions.size(), 20u);
}

class PreparedRecognizerTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Families, PreparedRecognizerTest,
                         ::testing::Values("transformer", "lstm"));

TEST_P(PreparedRecognizerTest, SavedAndFrozenModelsFindTheSame) {
  torch::jit::Module module = Tiny(GetParam());
  const ModelInputs inputs = {SeededInput({2, 40, kTinyFeatures})};
  const std::vector<at::Tensor> expected = *RunModule(module, inputs);
  ScratchFolder folder;
  ASSERT_TRUE(SaveModel(module, folder.File("model.pt")).ok());
  torch::jit::Module loaded = *LoadModelFile(folder.File("model.pt"), "model.pt");
  torch::jit::Module frozen = torch::jit::freeze(module);
  torch::jit::Module optimized = torch::jit::optimize_for_inference(frozen);
  for (torch::jit::Module* other : {&loaded, &frozen, &optimized}) {
    const std::vector<at::Tensor> outputs = *RunModule(*other, inputs);
    EXPECT_TRUE(outputs[0].equal(expected[0]));
    EXPECT_TRUE(outputs[1].allclose(expected[1], 1e-4));
  }
}

TEST_P(PreparedRecognizerTest, EveryPrecisionKeepsTheShapes) {
  torch::jit::Module module = Tiny(GetParam());
  const ModelInputs inputs = {SeededInput({2, 40, kTinyFeatures})};
  const std::vector<at::Tensor> expected = *RunModule(module, inputs);
  const std::string engine = DefaultQuantizedEngine();
  for (const v1::Precision precision :
       {v1::PRECISION_FP16, v1::PRECISION_BF16, v1::PRECISION_INT8_DYNAMIC,
        v1::PRECISION_INT8_WEIGHT_ONLY, v1::PRECISION_INT8_STATIC}) {
    SCOPED_TRACE(v1::Precision_Name(precision));
    absl::StatusOr<QuantizedModel> quantized =
        Quantize(module, {precision, engine, "min-max"}, {inputs});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const auto outputs = RunQuantized(quantized->module, inputs, engine);
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(DescribeTensor((*outputs)[i]), DescribeTensor(expected[i]));
    }
    EXPECT_TRUE((*outputs)[1].isfinite().all().item<bool>());
  }
}

TEST_P(PreparedRecognizerTest, RunsWithWeightsOfHalfPrecision) {
  torch::jit::Module module = Tiny(GetParam());
  module.to(at::kBFloat16);
  const at::Tensor speech = SeededInput({1, 40, kTinyFeatures}).to(at::kBFloat16);
  const auto outputs = RunModule(module, {speech});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_TRUE((*outputs)[1].isfinite().all().item<bool>());
}

}  // namespace
}  // namespace edgebench::worker::zoo
