#pragma once

#include <string>
#include <vector>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// What the language models have in common: encoders as Vaswani et al., Attention Is All
// You Need, arXiv:1706.03762, with the names of Hugging Face's transformers. All are of
// the size "base". In the methods below N is the batch, L the length.

constexpr int kFeatures = 768;
constexpr int kHeads = 12;
constexpr int kHeadFeatures = kFeatures / kHeads;
constexpr int kInnerFeatures = 3072;

// Linear layers from features to features, one for queries and one for keys. Their random
// weights give the scores a standard deviation of 2, whose softmax is about as sharp as in
// trained models: with the usual 1 it would come near to a plain mean, whose outputs vanish
// with the length.
Layer QueryLinear();
Layer KeyLinear();

// The layer whose output is added to what the sublayer was given. Its random weights are
// small: with a gain of 1, attention and the mean that GELU gives draw all tokens to one
// point within twelve layers.
Layer SublayerOutput(int in, double gain = 0.25);

// Methods to put before others in a module's source:
//   attend(query, key, value, bias)  scaled dot-product attention of all heads.
//       query is [N,Q,features], key and value [N,K,features]; bias is added to the scores
//       and broadcasts to [N,heads,Q,K]. Returns [N,Q,features].
std::string AttentionMethods();
//   bias(allowed, like)  what to add to scores so that those pairs alone get weight that
//       `allowed` (bool) says, in the type of `like`. As in the BERT of Devlin et al.
//       finite, so that rows without any such pair yield no NaN, and also in float16.
std::string BiasMethod();
//   key_bias(mask, like)  bias of a mask [N,L] that is 0 at padding: [N,1,1,L]. With bias().
std::string KeyBiasMethods();

// What each layer of an encoder is given besides its input.
struct Context {
  std::string parameters;  // "bias: Tensor"
  std::string arguments;   // "bias"
};

// The bias of KeyBiasMethods.
Context BiasContext();

// forward(x, context), layers one after the other.
Layer LayerStack(std::vector<Layer> layers, const Context& context);

}  // namespace edgebench::worker::zoo
