#pragma once

#include <string>

#include "agent/worker/zoo/layers.h"
#include "agent/worker/zoo/speech/parts.h"

namespace edgebench::worker::zoo {

// Recognizers of speech: encoder, attention decoder, CTC and language model, and a beam search
// through the utterance with all of them, after Watanabe et al., Hybrid CTC/Attention
// Architecture for End-to-End Speech Recognition, 2017, and Hori et al., Advances in Joint
// CTC-Attention based End-to-End Speech Recognition, arXiv:1706.02737.
//
// Children: encoder, decoder, ctc, lm. forward(speech [N, T, features]) gives
//   tokens int64 [N, longest]  the best hypothesis of each utterance, behind it -1
//   scores float32 [N]         (1 - ctc_weight) * attention + ctc_weight * CTC
//                              + lm_weight * LM, log probabilities with the end's
// The shapes depend on the input's only. Settings:
//   ctc_weight        0.3  0 to 1; at 0 no CTC runs, at 1 no attention decoder
//   lm_weight         0.3  at least 0; at 0 no language model runs
//   beam              10   hypotheses kept
//   min_length_ratio       tokens of a hypothesis, at least and at most, per frame of the
//   max_length_ratio       encoder, rounded; at most one token may always be

// Defaults are those of the models that the labs measured, with LibriSpeech's tokens.
struct AsrTransformerSizes {
  ConformerSizes encoder = {};
  TransformerDecoderSizes decoder = {};
  LanguageModelSizes lm = {};
};
Layer AsrTransformer(const AsrTransformerSizes& sizes = {});

struct AsrLstmSizes {
  BlstmpSizes encoder = {};
  AttentionDecoderSizes decoder = {};
  LanguageModelSizes lm = {/*tokens=*/27, /*width=*/650, /*layers=*/2};
};
Layer AsrLstm(const AsrLstmSizes& sizes = {});

// One child of such a model alone, under its name, so that names of tensors and seeded weights
// are those of the whole: "encoder", "decoder", "ctc" or "lm".
Layer AsrPart(const Layer& whole, const std::string& name);

// The search over children encoder, decoder, ctc and lm, which know `tokens` tokens.
// `length_ratio` is both the least and the largest: with random weights nothing knows an end.
Layer BeamSearch(Layer encoder, Layer decoder, Layer ctc, Layer lm, int tokens,
                 double length_ratio);

}  // namespace edgebench::worker::zoo
