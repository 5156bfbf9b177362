#pragma once

#include <string>

#include "agent/worker/zoo/language/transformer.h"

namespace edgebench::worker::zoo {

// Parts of BERT that others are built of, too. `architecture` is "Bert" or "Longformer",
// `eps` that of layer norms.
struct BertParts {
  std::string architecture;
  double eps;

  // BertEmbeddings: forward(input_ids, token_type_ids), of any size.
  Layer Embeddings(int words, int positions, int types, int size) const;

  // Layers around a self-attention: forward(x, context).
  Layer Encoder(int layers, const Layer& self_attention, const Context& context) const;

  // Of the first token: forward(x).
  Layer Pooler() const;

  std::string Type(const std::string& part) const;
};

}  // namespace edgebench::worker::zoo
