#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/zoo/speech/parts.h"
#include "agent/worker/zoo/speech/sources.h"

namespace edgebench::worker::zoo {
namespace {

constexpr char kPackage[] = "espnet.nets.pytorch_backend.transformer.";
constexpr double kEps = 1e-12;

// `hidden` says what must not be looked at.
Layer Attention(int width, int heads) {
  return Module(
      absl::StrCat(kPackage, "attention.MultiHeadedAttention"),
      {{"linear_q", Linear(width, width)},
       {"linear_k", Linear(width, width)},
       {"linear_v", Linear(width, width)},
       {"linear_out", Linear(width, width)}},
      WithNumbers(
          R"(
def heads(self, x: Tensor) -> Tensor:
    return x.reshape([x.size(0), x.size(1), HEADS, SIZE]).transpose(1, 2)

def keys(self, x: Tensor) -> Tensor:
    return self.heads(self.linear_k(x))

def values(self, x: Tensor) -> Tensor:
    return self.heads(self.linear_v(x))

def forward(self, x: Tensor, keys: Tensor, values: Tensor, hidden: Optional[Tensor]) -> Tensor:
    scores = torch.matmul(self.heads(self.linear_q(x)), keys.transpose(2, 3)) / SCALE
    if hidden is not None:
        scores = scores.masked_fill(hidden, -float("inf"))
    mixed = torch.matmul(torch.softmax(scores, -1), values).transpose(1, 2)
    return self.linear_out(mixed.reshape([x.size(0), x.size(1), -1]))
)",
          {{"HEADS", heads}, {"SIZE", width / heads}, {"SCALE", std::sqrt(width / heads)}}));
}

// In step() all hypotheses look at the same memory: to its attention they are the queries of
// one utterance.
Layer Block(const TransformerDecoderSizes& sizes) {
  return Module(absl::StrCat(kPackage, "decoder_layer.DecoderLayer"),
                {{"self_attn", Attention(sizes.width, sizes.heads)},
                 {"src_attn", Attention(sizes.width, sizes.heads)},
                 {"feed_forward", FeedForward(sizes.width, sizes.feed_forward, "torch.relu(x)")},
                 {"norm1", LayerNorm(sizes.width, kEps)},
                 {"norm2", LayerNorm(sizes.width, kEps)},
                 {"norm3", LayerNorm(sizes.width, kEps)}},
                R"(
def forward(self, x: Tensor, memory: Tensor, later: Tensor) -> Tensor:
    y = self.norm1(x)
    x = x + self.self_attn(y, self.self_attn.keys(y), self.self_attn.values(y), later)
    keys = self.src_attn.keys(memory)
    values = self.src_attn.values(memory)
    x = x + self.src_attn(self.norm2(x), keys, values, None)
    return x + self.feed_forward(self.norm3(x))

def step(self, x: Tensor, past_keys: Tensor, past_values: Tensor, memory_keys: Tensor,
         memory_values: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    y = self.norm1(x)
    keys = torch.cat([past_keys, self.self_attn.keys(y)], 2)
    values = torch.cat([past_values, self.self_attn.values(y)], 2)
    x = x + self.self_attn(y, keys, values, None)
    y = self.norm2(x).transpose(0, 1)
    x = x + self.src_attn(y, memory_keys, memory_values, None).transpose(0, 1)
    return x + self.feed_forward(self.norm3(x)), keys, values
)");
}

// Methods of a decoder whose blocks are called one by one. Keys and values take turns in
// `state` and in what is prepared.
std::string Methods(const TransformerDecoderSizes& sizes) {
  std::string forward, step;
  std::vector<std::string> prepared, empty, grown;
  for (int i = 0; i < sizes.blocks; ++i) {
    const std::string block = absl::StrCat("getattr(self.decoders, \"", i, "\")");
    const std::string keys = absl::StrCat("keys", i), values = absl::StrCat("values", i);
    absl::StrAppend(&forward, "    x = ", block, ".forward(x, memory, later)\n");
    absl::StrAppend(&step, "    x, ", keys, ", ", values, " = ", block, ".step(x, state[", 2 * i,
                    "], state[", 2 * i + 1, "], prepared[", 2 * i, "], prepared[", 2 * i + 1,
                    "])\n");
    for (const char* projection : {"keys", "values"}) {
      prepared.push_back(absl::StrCat(block, ".src_attn.", projection, "(memory)"));
      empty.push_back("none");
    }
    grown.insert(grown.end(), {keys, values});
  }
  return absl::StrCat(
      R"(
def forward(self, tokens: Tensor, memory: Tensor) -> Tensor:
    x = self.embedded(tokens, 0, memory)
    places = torch.arange(tokens.size(1), device=memory.device)
    later = places.unsqueeze(0) > places.unsqueeze(1)
)",
      forward, R"(    return self.output_layer(self.after_norm(x))

def prepare(self, memory: Tensor) -> List[Tensor]:
    return [)",
      absl::StrJoin(prepared, ", "), R"(]

def initial_state(self, memory: Tensor) -> List[Tensor]:
    none = memory.new_zeros([1, HEADS, 0, SIZE])
    return [)",
      absl::StrJoin(empty, ", "), R"(]

def step(self, tokens: Tensor, state: List[Tensor], prepared: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
    x = self.embedded(tokens.unsqueeze(1), state[0].size(2), state[0])
)",
      step, R"(    return self.output_layer(self.after_norm(x)).squeeze(1), [)",
      absl::StrJoin(grown, ", "), R"(]

def embedded(self, tokens: Tensor, first: int, like: Tensor) -> Tensor:
    places = torch.arange(first, first + tokens.size(1), device=like.device)
    return self.embed(tokens) * SCALE + self.sinusoids(places, like)
)",
      SinusoidsMethod(sizes.width));
}

}  // namespace

Layer TransformerDecoder(const TransformerDecoderSizes& sizes) {
  std::vector<Layer> blocks;
  for (int i = 0; i < sizes.blocks; ++i) blocks.push_back(Block(sizes));
  return Module("espnet2.asr.decoder.transformer_decoder.TransformerDecoder",
                {{"embed", Sequential({Embedding(sizes.tokens, sizes.width)})},
                 {"decoders", ModuleList(std::move(blocks))},
                 {"after_norm", LayerNorm(sizes.width, kEps)},
                 {"output_layer", Linear(sizes.width, sizes.tokens)}},
                WithNumbers(Methods(sizes), {{"HEADS", sizes.heads},
                                             {"SIZE", sizes.width / sizes.heads},
                                             {"SCALE", std::sqrt(sizes.width)}}));
}

}  // namespace edgebench::worker::zoo
