#include "agent/worker/zoo/registry.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/conditioning.h"
#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/speech/asr.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::worker::zoo {
namespace {

struct Entry {
  Layer (*architecture)();
  v1::ZooModel facts;  // all but the parameters
  // Shape of the data that batch norms are conditioned with. Small, as conditioning is
  // part of building.
  std::vector<int64_t> conditioning_shape = {};
  // The child that has batch norms and takes such data; empty for the model itself.
  std::string conditioned_child = {};
};

// What a row of any family has. Multiply-adds are those at the default sizes and
// batch 1.
Entry Row(const char* name, Layer (*architecture)(), int64_t flops, int64_t model_bytes,
          const char* description, const char* paper) {
  Entry entry{architecture, {}};
  entry.facts.set_name(name);
  entry.facts.set_flops(flops);
  entry.facts.set_model_bytes(model_bytes);
  entry.facts.set_description(description);
  entry.facts.set_paper(paper);
  entry.facts.add_sweepable("batch");
  return entry;
}

Entry Vision(Entry entry, int min_image_size = 1) {
  entry.facts.set_family("vision");
  entry.facts.add_inputs("float32[N,3,H,W]");
  entry.facts.set_default_image_size(224);
  if (min_image_size > 1) entry.facts.set_min_image_size(min_image_size);
  entry.facts.add_sweepable("image-size");
  entry.conditioning_shape = {2, 3, 128, 128};
  return entry;
}

// Takes utterances: the whole or its encoder.
Entry Speech(Entry entry, int min_frames = 1) {
  entry.facts.set_family("speech");
  entry.facts.add_inputs("float32[N,T,80]");
  entry.facts.set_default_frames(500);
  if (min_frames > 1) entry.facts.set_min_frames(min_frames);
  entry.facts.add_sweepable("frames");
  entry.conditioning_shape = {2, 100, 80};
  entry.conditioned_child = "encoder";
  return entry;
}

Entry Decodes(Entry entry) {
  entry.facts.set_decodes(true);
  for (const char* flag : {"ctc-weight", "lm-weight", "beam"}) entry.facts.add_sweepable(flag);
  return entry;
}

// Takes what a recognizer's parts pass on to each other, frames or tokens.
Entry SpeechPart(Entry entry, int default_seq_len, const std::vector<const char*>& inputs) {
  entry.facts.set_family("speech");
  for (const char* input : inputs) entry.facts.add_inputs(input);
  entry.facts.set_default_seq_len(default_seq_len);
  entry.facts.add_sweepable("seq-len");
  return entry;
}

Layer Transformer() { return AsrTransformer(); }
Layer Lstm() { return AsrLstm(); }

template <Layer (*whole)()>
Layer EncoderOf() {
  return AsrPart(whole(), "encoder");
}
template <Layer (*whole)()>
Layer DecoderOf() {
  return AsrPart(whole(), "decoder");
}
template <Layer (*whole)()>
Layer CtcOf() {
  return AsrPart(whole(), "ctc");
}
template <Layer (*whole)()>
Layer LanguageModelOf() {
  return AsrPart(whole(), "lm");
}

// Two convolutions of 3 frames and stride 2.
constexpr int kConformerFrames = 7;
// What an encoder makes of 5 s, and the tokens that a decoder has before it.
constexpr int kMemoryFrames = 125;
constexpr int kTokens = 16;

constexpr char kCtcPaper[] = "doi:10.1145/1143844.1143891";
constexpr char kLanguageModelPaper[] = "arXiv:1706.02737";

std::vector<Entry> TransformerEntries() {
  return {
      Decodes(Speech(Row("asr_transformer", Transformer, 32338101440, 808146912,
                         "Conformer encoder, Transformer decoder, CTC and language model, beam "
                         "search (Guo et al. 2020)",
                         "arXiv:2010.13956"),
                     kConformerFrames)),
      Speech(Row("asr_transformer_encoder", EncoderOf<Transformer>, 16370208256, 333089016,
                 "Conformer encoder of asr_transformer (Gulati et al. 2020)", "arXiv:2005.08100"),
             kConformerFrames),
      SpeechPart(
          Row("asr_transformer_decoder", DecoderOf<Transformer>, 800358400, 121445936,
              "Transformer decoder of asr_transformer (Vaswani et al. 2017)", "arXiv:1706.03762"),
          kTokens, {"int64[N,L]:0..4999", "float32[N,125,512]"}),
      SpeechPart(Row("asr_transformer_ctc", CtcOf<Transformer>, 320000000, 10263714,
                     "CTC layer of asr_transformer (Graves et al. 2006)", kCtcPaper),
                 kMemoryFrames, {"float32[N,L,512]"}),
      SpeechPart(
          Row("asr_transformer_lm", LanguageModelOf<Transformer>, 1210643456, 343298823,
              "LSTM language model of asr_transformer (Hori et al. 2017)", kLanguageModelPaper),
          kTokens, {"int64[N,L]:0..4999"}),
  };
}

std::vector<Entry> LstmEntries() {
  return {
      Decodes(Speech(Row("asr_lstm", Lstm, 8118408640, 60256901,
                         "LSTM encoder and decoder, CTC and language model, beam search "
                         "(Watanabe et al. 2017)",
                         "doi:10.1109/JSTSP.2017.2763455"))),
      Speech(Row("asr_lstm_encoder", EncoderOf<Lstm>, 1459200000, 27135098,
                 "Bidirectional LSTM encoder of asr_lstm (Kim et al. 2016)", "arXiv:1609.06773")),
      SpeechPart(Row("asr_lstm_decoder", DecoderOf<Lstm>, 45937440, 5852322,
                     "LSTM decoder of asr_lstm, location-aware (Chorowski et al. 2015)",
                     "arXiv:1506.07503"),
                 kTokens, {"int64[N,L]:0..26", "float32[N,125,320]"}),
      SpeechPart(Row("asr_lstm_ctc", CtcOf<Lstm>, 1080000, 38500,
                     "CTC layer of asr_lstm (Graves et al. 2006)", kCtcPaper),
                 kMemoryFrames, {"float32[N,L,320]"}),
      SpeechPart(Row("asr_lstm_lm", LanguageModelOf<Lstm>, 108440800, 27230663,
                     "LSTM language model of asr_lstm (Hori et al. 2017)", kLanguageModelPaper),
                 kTokens, {"int64[N,L]:0..26"}),
  };
}

// To add a model: its architecture in a file, and a row here.
std::vector<Entry> MakeEntries() {
  std::vector<Entry> entries = {
      Vision(Row("mobilenet_v2", MobileNetV2, 300774272, 14294562,
                 "MobileNetV2 1.0 (Sandler et al. 2018)", "arXiv:1801.04381")),
      Vision(Row("mobilenet_v3_small", MobileNetV3Small, 56510400, 10338822,
                 "MobileNetV3-Small 1.0 (Howard et al. 2019)", "arXiv:1905.02244")),
      Vision(Row("resnet18", ResNet18, 1814073344, 46841386, "ResNet-18 (He et al. 2015)",
                 "arXiv:1512.03385")),
      Vision(Row("squeezenet1_0", SqueezeNet1_0, 818924576, 5017880,
                 "SqueezeNet 1.0 (Iandola et al. 2016)", "arXiv:1602.07360"),
             21),
  };
  for (auto family : {TransformerEntries, LstmEntries}) {
    for (Entry& entry : family()) entries.push_back(std::move(entry));
  }
  return entries;
}

const std::vector<Entry>& Entries() {
  static const auto* const entries = new std::vector<Entry>(MakeEntries());
  return *entries;
}

absl::StatusOr<const Entry*> Find(const std::string& name) {
  std::vector<std::string> names;
  for (const Entry& entry : Entries()) {
    if (name == entry.facts.name()) return &entry;
    names.push_back(entry.facts.name());
  }
  return absl::NotFoundError(absl::StrCat("no zoo model is called \"", name, "\".",
                                          DidYouMean(name, names),
                                          " There are: ", absl::StrJoin(names, ", ")));
}

void Condition(const Entry& entry, const Layer& layer, const torch::jit::Module& module,
               int64_t seed) {
  if (entry.conditioned_child.empty()) {
    ConditionBatchNorms(layer, module, entry.conditioning_shape, seed);
    return;
  }
  for (const auto& [name, child] : layer.children) {
    if (name != entry.conditioned_child) continue;
    ConditionBatchNorms(child, module.attr(name).toModule(), entry.conditioning_shape, seed);
  }
}

void ApplyDecoding(const v1::Decoding& decoding, torch::jit::Module& module) {
  if (decoding.has_ctc_weight()) module.setattr("ctc_weight", decoding.ctc_weight());
  if (decoding.has_lm_weight()) module.setattr("lm_weight", decoding.lm_weight());
  if (decoding.has_beam()) module.setattr("beam", static_cast<double>(decoding.beam()));
}

}  // namespace

std::vector<v1::ZooModel> Models() {
  std::vector<v1::ZooModel> models;
  for (const Entry& entry : Entries()) {
    models.push_back(entry.facts);
    models.back().set_parameters(CountParameters(entry.architecture()));
  }
  return models;
}

absl::StatusOr<Layer> Describe(const std::string& name) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Entry* const entry, Find(name));
  return entry->architecture();
}

absl::StatusOr<torch::jit::Module> Build(const std::string& name, const BuildOptions& options) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Entry* const entry, Find(name));
  const Layer layer = entry->architecture();
  torch::jit::Module module = BuildModule(layer, RandomWeights(options.seed));
  if (options.condition) Condition(*entry, layer, module, options.seed);
  if (entry->facts.decodes()) ApplyDecoding(options.decoding, module);
  return module;
}

void LetHypothesesEnd(torch::jit::Module& module) {
  if (!module.hasattr("min_length_ratio")) return;
  module.setattr("min_length_ratio", 0.0);
  module.setattr("max_length_ratio", 1.0);
}

}  // namespace edgebench::worker::zoo
