#pragma once

#include <string>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// What recognizers of speech are made of, with the names of ESPnet2's modules and tensors
// (Watanabe et al., ESPnet, arXiv:1804.00015). N is the batch, T counts frames of 10 ms, M
// frames of an encoder's output, the memory, L tokens and V the tokens that there are. The
// last token starts and ends an utterance, token 0 is CTC's blank.
//
// Encoders:  forward(speech [N, T, features]) -> memory [N, M, width]
//
// Decoders:  forward(tokens [N, L], memory [N, M, width]) -> logits [N, L, V], those of the
//            token behind each;
// and for a search through one utterance, whose n hypotheses are the rows of `state`:
//            prepare(memory [1, M, width]) -> what is computed once per utterance
//            initial_state(memory) -> state of the one hypothesis that is empty
//            step(last tokens [n], state, prepared) -> logits [n, V], state
//
// Language models are decoders without memory: forward(tokens), step(tokens, state).

// Gulati et al., Conformer, arXiv:2005.08100, macaron style, with relative positions of Dai
// et al., Transformer-XL, arXiv:1901.02860, behind two convolutions that leave a fourth of
// the frames. `kernel` is odd.
struct ConformerSizes {
  int features = 80, width = 512, heads = 8, feed_forward = 2048, kernel = 31, blocks = 12;
};
Layer ConformerEncoder(const ConformerSizes& sizes);

// Vaswani et al., Attention Is All You Need, arXiv:1706.03762, with layer norm first.
struct TransformerDecoderSizes {
  int tokens = 5000, width = 512, heads = 8, feed_forward = 2048, blocks = 6;
};
Layer TransformerDecoder(const TransformerDecoderSizes& sizes);

// Bidirectional LSTM layers with a projection behind each; the first `halving` layers pass
// on every second frame.
struct BlstmpSizes {
  int features = 80, units = 320, width = 320, layers = 4, halving = 2;
};
Layer BlstmpEncoder(const BlstmpSizes& sizes);

// An LSTM with the location-aware attention of Chorowski et al., arXiv:1506.07503, whose
// filters reach `reach` frames to both sides.
struct AttentionDecoderSizes {
  int tokens = 27, width = 320, units = 320, attention = 320, channels = 10, reach = 100;
};
Layer AttentionDecoder(const AttentionDecoderSizes& sizes);

struct LanguageModelSizes {
  int tokens = 5000, width = 2024, layers = 2;
};
Layer RecurrentLanguageModel(const LanguageModelSizes& sizes);

// Connectionist temporal classification, Graves et al., ICML 2006: log probabilities
// [N, M, V] of a memory [N, M, width].
Layer Ctc(int tokens, int width);

// Methods of a module that searches, on the log probabilities [M, V] of one utterance in double
// precision:
//   initial_prefix(log_probs) -> the prefix that is empty
//   prefix_scores(log_probs, prefix, last [n], ids [n, K]) -> [n, K], the log probability of
//       all utterances that begin with the prefix and the token
//   complete(prefix) -> [n], that of the prefix as the whole utterance
//   extend(log_probs, prefix, last [n], ids [n]) -> prefix, longer by one token
std::string CtcPrefixMethods();

}  // namespace edgebench::worker::zoo
