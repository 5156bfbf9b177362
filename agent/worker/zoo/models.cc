#include "agent/worker/zoo/models.h"

#include <utility>

#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/speech/asr.h"

namespace edgebench::worker::zoo {
namespace {

// What a row of any family has. Multiply-adds are those at the default sizes and
// batch 1.
Model Row(const char* name, Layer (*architecture)(), int64_t flops, int64_t model_bytes,
          const char* description, const char* paper) {
  Model model{architecture, {}};
  model.facts.set_name(name);
  model.facts.set_flops(flops);
  model.facts.set_model_bytes(model_bytes);
  model.facts.set_description(description);
  model.facts.set_paper(paper);
  model.facts.add_sweepable("batch");
  return model;
}

Model Vision(Model model, int min_image_size = 1) {
  model.facts.set_family("vision");
  model.facts.add_inputs("float32[N,3,H,W]");
  model.facts.set_default_image_size(224);
  if (min_image_size > 1) model.facts.set_min_image_size(min_image_size);
  model.facts.add_sweepable("image-size");
  model.conditioning_shape = {2, 3, 128, 128};
  return model;
}

constexpr char kNoPadding[] = "int64[N,L]:1..1";

// Its inputs are the tokens, the attention mask and, where the model has them, token types.
Model Language(Model model, const std::vector<const char*>& inputs, int default_seq_len,
               int max_seq_len) {
  model.facts.set_family("language");
  for (const char* input : inputs) model.facts.add_inputs(input);
  model.facts.set_default_seq_len(default_seq_len);
  model.facts.set_max_seq_len(max_seq_len);
  model.facts.add_sweepable("seq-len");
  return model;
}

// Takes utterances: the whole or its encoder.
Model Speech(Model model, int min_frames = 1) {
  model.facts.set_family("speech");
  model.facts.add_inputs("float32[N,T,80]");
  model.facts.set_default_frames(500);
  if (min_frames > 1) model.facts.set_min_frames(min_frames);
  model.facts.add_sweepable("frames");
  model.conditioning_shape = {2, 100, 80};
  model.conditioned_child = "encoder";
  return model;
}

Model Decodes(Model model) {
  model.facts.set_decodes(true);
  for (const char* flag : {"ctc-weight", "lm-weight", "beam"}) model.facts.add_sweepable(flag);
  return model;
}

// Takes what a recognizer's parts pass on to each other, frames or tokens.
Model SpeechPart(Model model, int default_seq_len, const std::vector<const char*>& inputs) {
  model.facts.set_family("speech");
  for (const char* input : inputs) model.facts.add_inputs(input);
  model.facts.set_default_seq_len(default_seq_len);
  model.facts.add_sweepable("seq-len");
  return model;
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

std::vector<Model> TransformerModels() {
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

std::vector<Model> LstmModels() {
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

std::vector<Model> MakeModels() {
  std::vector<Model> models = {
      Vision(Row("mobilenet_v2", MobileNetV2, 300774272, 14294562,
                 "MobileNetV2 1.0 (Sandler et al. 2018)", "arXiv:1801.04381")),
      Vision(Row("mobilenet_v3_small", MobileNetV3Small, 56510400, 10338822,
                 "MobileNetV3-Small 1.0 (Howard et al. 2019)", "arXiv:1905.02244")),
      Vision(Row("mobilenet_v3_large", MobileNetV3Large, 216589760, 22178472,
                 "MobileNetV3-Large 1.0 (Howard et al. 2019)", "arXiv:1905.02244")),
      Vision(Row("resnet18", ResNet18, 1814073344, 46841386, "ResNet-18 (He et al. 2015)",
                 "arXiv:1512.03385")),
      Vision(Row("resnet50", ResNet50, 4089184256, 102541774, "ResNet-50 V1.5 (He et al. 2015)",
                 "arXiv:1512.03385")),
      Vision(Row("squeezenet1_0", SqueezeNet1_0, 818924576, 5017880,
                 "SqueezeNet 1.0 (Iandola et al. 2016)", "arXiv:1602.07360"),
             21),
      Vision(Row("squeezenet1_1", SqueezeNet1_1, 349151936, 4966168,
                 "SqueezeNet 1.1 (Iandola et al. 2016)", "arXiv:1602.07360"),
             17),
      Vision(Row("vgg16", VGG16, 15470264320, 553448062,
                 "VGG-16, configuration D (Simonyan, Zisserman 2014)", "arXiv:1409.1556"),
             32),
      Vision(Row("mnasnet1_0", MnasNet1_0, 314415872, 17817246, "MnasNet-B1 1.0 (Tan et al. 2018)",
                 "arXiv:1807.11626")),
      Language(Row("bert_base", BertBase, 11174215680, 437990675,
                   "BERT base, uncased (Devlin et al. 2018)", "arXiv:1810.04805"),
               {"int64[N,L]:0..30521", kNoPadding, "int64[N,L]:0..1"}, 128, 512),
      Language(Row("albert_base", AlbertBase, 11186798592, 46752154,
                   "ALBERT base, version 2 (Lan et al. 2019)", "arXiv:1909.11942"),
               {"int64[N,L]:0..29999", kNoPadding, "int64[N,L]:0..1"}, 128, 512),
      Language(Row("distilbert_base", DistilBertBase, 5586812928, 265487197,
                   "DistilBERT base, uncased (Sanh et al. 2019)", "arXiv:1910.01108"),
               {"int64[N,L]:0..30521", kNoPadding}, 128, 512),
      Language(Row("longformer_base", LongformerBase, 113593614336, 594723423,
                   "Longformer base, 4096 tokens (Beltagy et al. 2020)", "arXiv:2004.05150"),
               {"int64[N,L]:2..50264", kNoPadding}, 1024, 4096),
  };
  for (auto family : {TransformerModels, LstmModels}) {
    for (Model& model : family()) models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

const std::vector<Model>& TableOfModels() {
  static const auto* const models = new std::vector<Model>(MakeModels());
  return *models;
}

}  // namespace edgebench::worker::zoo
