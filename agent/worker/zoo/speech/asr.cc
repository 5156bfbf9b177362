#include "agent/worker/zoo/speech/asr.h"

#include "absl/strings/str_cat.h"

namespace edgebench::worker::zoo {
namespace {

// Per frame of the encoder, of which 25 make a second.
constexpr double kSubwordsPerFrame = 0.12;  // 3 subwords per second
constexpr double kLettersPerFrame = 0.6;    // 15 letters per second

std::string ForwardOf(const std::string& name) {
  const bool has_speech = name == "encoder";
  const bool has_memory = name == "decoder" || name == "ctc";
  const bool has_tokens = name == "decoder" || name == "lm";
  std::string arguments, values;
  const auto add = [&](const char* argument) {
    absl::StrAppend(&arguments, ", ", argument, ": Tensor");
    absl::StrAppend(&values, values.empty() ? "" : ", ", argument);
  };
  if (has_speech) add("speech");
  if (has_tokens) add("tokens");
  if (has_memory) add("memory");
  return absl::StrCat("def forward(self", arguments, ") -> Tensor:\n    return self.", name, "(",
                      values, ")\n");
}

}  // namespace

Layer AsrTransformer(const AsrTransformerSizes& sizes) {
  const int tokens = sizes.decoder.tokens;
  return BeamSearch(ConformerEncoder(sizes.encoder), TransformerDecoder(sizes.decoder),
                    Ctc(tokens, sizes.encoder.width), RecurrentLanguageModel(sizes.lm), tokens,
                    kSubwordsPerFrame);
}

Layer AsrLstm(const AsrLstmSizes& sizes) {
  const int tokens = sizes.decoder.tokens;
  return BeamSearch(BlstmpEncoder(sizes.encoder), AttentionDecoder(sizes.decoder),
                    Ctc(tokens, sizes.encoder.width), RecurrentLanguageModel(sizes.lm), tokens,
                    kLettersPerFrame);
}

Layer AsrPart(const Layer& whole, const std::string& name) {
  for (const auto& child : whole.children) {
    if (child.first == name) {
      return Module(absl::StrCat("edgebench.speech.Only_", name), {child}, ForwardOf(name));
    }
  }
  return {};
}

}  // namespace edgebench::worker::zoo
