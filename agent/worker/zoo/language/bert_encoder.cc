#include "agent/worker/zoo/language/bert_encoder.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace edgebench::worker::zoo {

std::string BertParts::Type(const std::string& part) const {
  const std::string module = absl::AsciiStrToLower(architecture);
  return absl::StrCat("transformers.models.", module, ".modeling_", module, ".", architecture,
                      part);
}

Layer BertParts::Embeddings(int words, int positions, int types, int size) const {
  return Module(Type("Embeddings"),
                {{"word_embeddings", Embedding(words, size)},
                 {"position_embeddings", Embedding(positions, size)},
                 {"token_type_embeddings", Embedding(types, size)},
                 {"LayerNorm", LayerNorm(size, eps)}},
                R"(
def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
    positions = torch.arange(input_ids.size(1), device=input_ids.device)
    x = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
    return self.LayerNorm(x + self.position_embeddings(positions))
)");
}

Layer BertParts::Encoder(int layers, const Layer& self_attention, const Context& context) const {
  // Projects what `dense` is given and adds it to what the sublayer was given.
  const auto output = [&](const std::string& part, Layer dense) {
    return Module(Type(part),
                  {{"dense", std::move(dense)}, {"LayerNorm", LayerNorm(kFeatures, eps)}}, R"(
def forward(self, x: Tensor, residual: Tensor) -> Tensor:
    return self.LayerNorm(self.dense(x) + residual)
)");
  };
  const Layer attention = Module(
      Type("Attention"),
      {{"self", self_attention}, {"output", output("SelfOutput", SublayerOutput(kFeatures))}},
      absl::Substitute(R"(
def forward(self, x: Tensor, $0) -> Tensor:
    return self.output(self.self(x, $1), x)
)",
                       context.parameters, context.arguments));
  const Layer intermediate =
      Composite(Type("Intermediate"),
                {{"dense", Linear(kFeatures, kInnerFeatures)}, {"intermediate_act_fn", GELU()}},
                {"return self.intermediate_act_fn(self.dense(x))"});
  const Layer layer = Module(Type("Layer"),
                             {{"attention", attention},
                              {"intermediate", intermediate},
                              {"output", output("Output", SublayerOutput(kInnerFeatures))}},
                             absl::Substitute(R"(
def forward(self, x: Tensor, $0) -> Tensor:
    x = self.attention(x, $1)
    return self.output(self.intermediate(x), x)
)",
                                              context.parameters, context.arguments));
  return Module(Type("Encoder"),
                {{"layer", LayerStack(std::vector<Layer>(layers, layer), context)}},
                absl::Substitute(R"(
def forward(self, x: Tensor, $0) -> Tensor:
    return self.layer(x, $1)
)",
                                 context.parameters, context.arguments));
}

Layer BertParts::Pooler() const {
  return Composite(Type("Pooler"),
                   {{"dense", Linear(kFeatures, kFeatures)}, {"activation", Tanh()}},
                   {"return self.activation(self.dense(x[:, 0]))"});
}

}  // namespace edgebench::worker::zoo
