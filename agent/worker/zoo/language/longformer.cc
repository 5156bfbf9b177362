#include "agent/worker/zoo/language/longformer.h"

#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/language/bert_encoder.h"

namespace edgebench::worker::zoo {
namespace {

constexpr double kEps = 1e-5;
constexpr int kPositions = 4098;  // 4096 behind those of RoBERTa's padding

const BertParts& Parts() {
  static const auto* const parts = new BertParts{"Longformer", kEps};
  return *parts;
}

// Which token may attend to which, the same for all layers:
//   window_biases  for each 256 queries the bias of their keys, which are the G global
//                  tokens and then those from 256 before the first query to 256 behind the
//                  last: [N,1,<=256,G+<=768]
//   is_token       [N,L], not padding
//   global_index   [N,G] places of the tokens with global attention; G is the most that a
//                  row has, or 1
//   is_global      [N,G], false where a row has fewer
Context AttentionContext() {
  return {"window_biases: List[Tensor], is_token: Tensor, global_index: Tensor, is_global: Tensor",
          "window_biases, is_token, global_index, is_global"};
}

// Positions count the tokens that are not padding (id 1), from 2: as RoBERTa's. There is
// one token type.
Layer Embeddings() {
  return Module(Parts().Type("Embeddings"),
                {{"word_embeddings", Embedding(50265, kFeatures)},
                 {"position_embeddings", Embedding(kPositions, kFeatures)},
                 {"token_type_embeddings", Embedding(1, kFeatures)},
                 {"LayerNorm", LayerNorm(kFeatures, kEps)}},
                R"(
def forward(self, input_ids: Tensor) -> Tensor:
    is_text = (input_ids != 1).to(input_ids.dtype)
    positions = torch.cumsum(is_text, 1) * is_text + 1
    x = self.word_embeddings(input_ids) + self.position_embeddings(positions)
    return self.LayerNorm(x + self.token_type_embeddings.weight)
)");
}

// Every token attends to those at most 256 away and to the global ones; a global one
// attends to all, by projections of its own. Blocks of 256 queries make work and memory
// linear in the length, and the scores of one fit into a cache.
Layer SelfAttention() {
  const Layer linear = Linear(kFeatures, kFeatures);
  return Module(Parts().Type("SelfAttention"),
                {{"query", QueryLinear()},
                 {"key", KeyLinear()},
                 {"value", linear},
                 {"query_global", QueryLinear()},
                 {"key_global", KeyLinear()},
                 {"value_global", linear}},
                AttentionMethods() + KeyBiasMethods() + R"(
def attend_locally(self, x: Tensor, window_biases: List[Tensor], globals: Tensor) -> Tensor:
    query = self.query(x)
    key = self.key(x)
    value = self.value(x)
    global_key = key.gather(1, globals)
    global_value = value.gather(1, globals)
    contexts: List[Tensor] = []
    start = 0
    for bias in window_biases:
        first = max(start - 256, 0)
        keys = torch.cat([global_key, key[:, first : start + 512]], 1)
        values = torch.cat([global_value, value[:, first : start + 512]], 1)
        contexts.append(self.attend(query[:, start : start + 256], keys, values, bias))
        start += 256
    return torch.cat(contexts, 1)

def forward(self, x: Tensor, window_biases: List[Tensor], is_token: Tensor,
            global_index: Tensor, is_global: Tensor) -> Tensor:
    globals = global_index.unsqueeze(2).expand(-1, -1, x.size(2))
    local = self.attend_locally(x, window_biases, globals)
    context = local.masked_fill(is_token.logical_not().unsqueeze(2), 0.0)
    global_context = self.attend(self.query_global(x.gather(1, globals)), self.key_global(x),
                                 self.value_global(x), self.key_bias(is_token, x))
    unchanged = context.gather(1, globals)
    return context.scatter(1, globals, torch.where(is_global.unsqueeze(2), global_context, unchanged))
)");
}

}  // namespace

Layer Longformer(int layers) {
  return Module(Parts().Type("Model"),
                {{"embeddings", Embeddings()},
                 {"encoder", Parts().Encoder(layers, SelfAttention(), AttentionContext())},
                 {"pooler", Parts().Pooler()}},
                BiasMethod() + R"(
def window_biases(self, is_local: Tensor, is_global: Tensor, like: Tensor) -> List[Tensor]:
    length = is_local.size(1)
    positions = torch.arange(length, device=like.device)
    biases: List[Tensor] = []
    for start in range(0, length, 256):
        first = max(start - 256, 0)
        queries = positions[start : start + 256].unsqueeze(1)
        distance = positions[first : start + 512] - queries
        near = (distance.abs() <= 256) & is_local[:, first : start + 512].unsqueeze(1)
        everywhere = is_global.unsqueeze(1).expand(-1, queries.size(0), -1)
        biases.append(self.bias(torch.cat([everywhere, near], 2).unsqueeze(1), like))
    return biases

def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tuple[Tensor, Tensor]:
    x = self.embeddings(input_ids)
    is_token = attention_mask > 0
    countdown = torch.arange(x.size(1), 0, -1, device=x.device)
    is_marked = (attention_mask > 1) | (is_token & (countdown == x.size(1)))
    count = max(int(is_marked.sum(1).max()), 1)
    rank, global_index = torch.topk(is_marked * countdown, count, 1)
    is_global = rank > 0
    is_local = is_token & is_marked.logical_not()
    x = self.encoder(x, self.window_biases(is_local, is_global, x), is_token, global_index,
                     is_global)
    return x, self.pooler(x)
)");
}

// Beltagy et al., Longformer: The Long-Document Transformer, arXiv:2004.05150, "base": a
// window of 512 tokens in every layer. The attention mask is 0 at padding, 1 at a token and
// 2 at one with global attention, which the first token always has, as in classification,
// unless it is padding.
Layer LongformerBase() { return Longformer(12); }

}  // namespace edgebench::worker::zoo
