#pragma once

#include <torch/script.h>

#include <string>

#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/speech/asr.h"

namespace edgebench::worker::zoo {

inline constexpr int kTinyFeatures = 9;

// Blank, some tokens, and the one that starts and ends.
inline Layer TinyLayer(const std::string& family, int tokens = 5) {
  if (family == "transformer") {
    AsrTransformerSizes sizes;
    sizes.encoder = {kTinyFeatures, 8, 2, 12, 3, 1};
    sizes.decoder = {tokens, 8, 2, 12, 2};
    sizes.lm = {tokens, 6, 2};
    return AsrTransformer(sizes);
  }
  AsrLstmSizes sizes;
  sizes.encoder = {kTinyFeatures, 6, 8, 3, 2};
  sizes.decoder = {tokens, 8, 7, 6, 3, 2};
  sizes.lm = {tokens, 6, 2};
  return AsrLstm(sizes);
}

// With sharper probabilities than random weights give, so that hypotheses differ.
inline torch::jit::Module Tiny(const std::string& family, int tokens = 5, int64_t seed = 1) {
  torch::jit::Module module = BuildModule(TinyLayer(family, tokens), RandomWeights(seed));
  const at::NoGradGuard no_grad;
  for (const char* last : {"decoder.output_layer.weight", "decoder.output.weight",
                           "ctc.ctc_lo.weight", "lm.decoder.weight"}) {
    for (const auto& named : module.named_parameters()) {
      if (named.name == last) named.value.mul_(3);
    }
  }
  return module;
}

}  // namespace edgebench::worker::zoo
