#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/language/bert_encoder.h"

namespace edgebench::worker::zoo {
namespace {

constexpr double kEps = 1e-12;
constexpr int kEmbeddingFeatures = 128;

// The same random weights again and again add up to more than different ones.
constexpr double kGain = 0.1;

const BertParts& Parts() {
  static const auto* const parts = new BertParts{"Albert", kEps};
  return *parts;
}

Layer Attention() {
  return Module(Parts().Type("Attention"),
                {{"query", QueryLinear()},
                 {"key", KeyLinear()},
                 {"value", Linear(kFeatures, kFeatures)},
                 {"dense", SublayerOutput(kFeatures, kGain)},
                 {"LayerNorm", LayerNorm(kFeatures, kEps)}},
                AttentionMethods() + R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    context = self.attend(self.query(x), self.key(x), self.value(x), bias)
    return self.LayerNorm(self.dense(context) + x)
)");
}

Layer EncoderLayer() {
  return Module(Parts().Type("Layer"),
                {{"full_layer_layer_norm", LayerNorm(kFeatures, kEps)},
                 {"attention", Attention()},
                 {"ffn", Linear(kFeatures, kInnerFeatures)},
                 {"ffn_output", SublayerOutput(kInnerFeatures, kGain)}},
                R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    x = self.attention(x, bias)
    inner = torch.gelu(self.ffn(x), approximate="tanh")
    return self.full_layer_layer_norm(self.ffn_output(inner) + x)
)");
}

Layer Encoder() {
  const Layer group = Module(Parts().Type("LayerGroup"),
                             {{"albert_layers", LayerStack({EncoderLayer()}, BiasContext())}}, R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    return self.albert_layers(x, bias)
)");
  // A loop, and not twelve calls, so that int8 packs the weights once; and of a kind that
  // freezing does not unroll.
  return Module(Parts().Type("Transformer"),
                {{"embedding_hidden_mapping_in", Linear(kEmbeddingFeatures, kFeatures)},
                 {"albert_layer_groups", LayerStack({group}, BiasContext())}},
                R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    x = self.embedding_hidden_mapping_in(x)
    layer = 0
    while layer < 12:
        x = self.albert_layer_groups(x, bias)
        layer += 1
    return x
)");
}

}  // namespace

// Lan et al., ALBERT: A Lite BERT for Self-supervised Learning of Language
// Representations, arXiv:1909.11942, "ALBERT base", version 2: twelve layers with the
// same weights, and embeddings smaller than the layers.
Layer AlbertBase() {
  return Module(Parts().Type("Model"),
                {{"embeddings", Parts().Embeddings(30000, 512, 2, kEmbeddingFeatures)},
                 {"encoder", Encoder()},
                 {"pooler", Linear(kFeatures, kFeatures)}},
                KeyBiasMethods() + R"(
def forward(self, input_ids: Tensor, attention_mask: Tensor,
            token_type_ids: Tensor) -> Tuple[Tensor, Tensor]:
    x = self.embeddings(input_ids, token_type_ids)
    x = self.encoder(x, self.key_bias(attention_mask, x))
    return x, torch.tanh(self.pooler(x[:, 0]))
)");
}

}  // namespace edgebench::worker::zoo
