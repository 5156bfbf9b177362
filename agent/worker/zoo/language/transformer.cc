#include "agent/worker/zoo/language/transformer.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace edgebench::worker::zoo {
namespace {

const double kScoreGain = std::sqrt(2.0);

Layer LinearWithGain(int in, int out, double gain) {
  Layer layer = Linear(in, out);
  layer.tensors.front().gain = gain;
  return layer;
}

}  // namespace

Layer QueryLinear() { return LinearWithGain(kFeatures, kFeatures, kScoreGain); }

Layer KeyLinear() { return QueryLinear(); }

Layer SublayerOutput(int in, double gain) { return LinearWithGain(in, kFeatures, gain); }

std::string AttentionMethods() {
  return absl::Substitute(R"(
def split_heads(self, x: Tensor) -> Tensor:
    return x.view(x.size(0), x.size(1), $0, $1).transpose(1, 2)

def attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    scaled = self.split_heads(query) * $2
    scores = torch.matmul(scaled, self.split_heads(key).transpose(2, 3))
    weights = torch.softmax(scores.add_(bias), -1)
    return torch.matmul(weights, self.split_heads(value)).transpose(1, 2).flatten(2)
)",
                          kHeads, kHeadFeatures, 1 / std::sqrt(kHeadFeatures));
}

std::string BiasMethod() {
  return R"(
def bias(self, allowed: Tensor, like: Tensor) -> Tensor:
    return (allowed.to(like.dtype) - 1.0) * 10000.0
)";
}

std::string KeyBiasMethods() {
  return BiasMethod() + R"(
def key_bias(self, mask: Tensor, like: Tensor) -> Tensor:
    return self.bias((mask > 0).unsqueeze(1).unsqueeze(1), like)
)";
}

Context BiasContext() { return {"bias: Tensor", "bias"}; }

Layer LayerStack(std::vector<Layer> layers, const Context& context) {
  std::string forward =
      absl::StrCat("def forward(self, x: Tensor, ", context.parameters, ") -> Tensor:\n");
  std::vector<std::pair<std::string, Layer>> children;
  for (Layer& layer : layers) {
    const std::string name = absl::StrCat(children.size());
    absl::StrAppend(&forward, "    x = getattr(self, \"", name, "\").forward(x, ",
                    context.arguments, ")\n");
    children.emplace_back(name, std::move(layer));
  }
  absl::StrAppend(&forward, "    return x\n");
  return Module("torch.nn.modules.container.ModuleList", std::move(children), forward);
}

}  // namespace edgebench::worker::zoo
