#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/language/transformer.h"

namespace edgebench::worker::zoo {
namespace {

constexpr double kEps = 1e-12;
constexpr int kEncoderLayers = 6;

std::string Type(const std::string& part) {
  return absl::StrCat("transformers.models.distilbert.modeling_distilbert.", part);
}

Layer Embeddings() {
  return Module(Type("Embeddings"),
                {{"word_embeddings", Embedding(30522, kFeatures)},
                 {"position_embeddings", Embedding(512, kFeatures)},
                 {"LayerNorm", LayerNorm(kFeatures, kEps)}},
                R"(
def forward(self, input_ids: Tensor) -> Tensor:
    positions = torch.arange(input_ids.size(1), device=input_ids.device)
    return self.LayerNorm(self.word_embeddings(input_ids) + self.position_embeddings(positions))
)");
}

Layer SelfAttention() {
  return Module(Type("MultiHeadSelfAttention"),
                {{"q_lin", QueryLinear()},
                 {"k_lin", KeyLinear()},
                 {"v_lin", Linear(kFeatures, kFeatures)},
                 {"out_lin", SublayerOutput(kFeatures)}},
                AttentionMethods() + R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    return self.out_lin(self.attend(self.q_lin(x), self.k_lin(x), self.v_lin(x), bias))
)");
}

Layer FeedForward() {
  return Composite(Type("FFN"),
                   {{"lin1", Linear(kFeatures, kInnerFeatures)},
                    {"lin2", SublayerOutput(kInnerFeatures)},
                    {"activation", GELU()}},
                   {"return self.lin2(self.activation(self.lin1(x)))"});
}

Layer EncoderLayer() {
  return Module(Type("TransformerBlock"),
                {{"attention", SelfAttention()},
                 {"sa_layer_norm", LayerNorm(kFeatures, kEps)},
                 {"ffn", FeedForward()},
                 {"output_layer_norm", LayerNorm(kFeatures, kEps)}},
                R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    x = self.sa_layer_norm(self.attention(x, bias) + x)
    return self.output_layer_norm(self.ffn(x) + x)
)");
}

Layer Encoder() {
  const std::vector<Layer> layers(kEncoderLayers, EncoderLayer());
  return Module(Type("Transformer"), {{"layer", LayerStack(layers, BiasContext())}}, R"(
def forward(self, x: Tensor, bias: Tensor) -> Tensor:
    return self.layer(x, bias)
)");
}

}  // namespace

// Sanh et al., DistilBERT, a distilled version of BERT, arXiv:1910.01108: half of BERT's
// layers, without token types and pooler.
Layer DistilBertBase() {
  return Module(Type("DistilBertModel"), {{"embeddings", Embeddings()}, {"transformer", Encoder()}},
                KeyBiasMethods() + R"(
def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    x = self.embeddings(input_ids)
    return self.transformer(x, self.key_bias(attention_mask, x))
)");
}

}  // namespace edgebench::worker::zoo
