#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/language/bert_encoder.h"

namespace edgebench::worker::zoo {
namespace {

const BertParts& Parts() {
  static const auto* const parts = new BertParts{"Bert", 1e-12};
  return *parts;
}

Layer SelfAttention() {
  return Module(
      Parts().Type("SelfAttention"),
      {{"query", QueryLinear()}, {"key", KeyLinear()}, {"value", Linear(kFeatures, kFeatures)}},
      AttentionMethods() + R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    return self.attend(self.query(x), self.key(x), self.value(x), bias)
)");
}

}  // namespace

// Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for Language
// Understanding, arXiv:1810.04805, "BERT base", uncased.
Layer BertBase() {
  return Module(Parts().Type("Model"),
                {{"embeddings", Parts().Embeddings(30522, 512, 2, kFeatures)},
                 {"encoder", Parts().Encoder(12, SelfAttention(), BiasContext())},
                 {"pooler", Parts().Pooler()}},
                KeyBiasMethods() + R"(
def forward(self, input_ids: Tensor, attention_mask: Tensor,
            token_type_ids: Tensor) -> Tuple[Tensor, Tensor]:
    x = self.embeddings(input_ids, token_type_ids)
    x = self.encoder(x, self.key_bias(attention_mask, x))
    return x, self.pooler(x)
)");
}

}  // namespace edgebench::worker::zoo
