#include "agent/worker/zoo/speech/sources.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace edgebench::worker::zoo {

std::string SinusoidsMethod(int width) {
  return WithNumbers(R"(
def sinusoids(self, positions: Tensor, like: Tensor) -> Tensor:
    pairs = torch.arange(0, WIDTH, 2, device=like.device).double()
    angles = positions.double().unsqueeze(1) * torch.exp(pairs * DECAY)
    waves = torch.stack([torch.sin(angles), torch.cos(angles)], 2)
    return waves.view([1, -1, WIDTH]).to(like)
)",
                     {{"WIDTH", width}, {"DECAY", -std::log(10000.0) / width}});
}

Layer ModuleList(std::vector<Layer> layers) {
  std::vector<std::pair<std::string, Layer>> children;
  for (Layer& layer : layers) {
    const std::string name = absl::StrCat(children.size());
    children.emplace_back(name, std::move(layer));
  }
  return Module("torch.nn.modules.container.ModuleList", std::move(children), "");
}

Layer FeedForward(int width, int inner, const std::string& activation) {
  return Composite(
      "espnet.nets.pytorch_backend.transformer.positionwise_feed_forward."
      "PositionwiseFeedForward",
      {{"w_1", Linear(width, inner)}, {"w_2", Linear(inner, width)}},
      {"x = self.w_1(x)", absl::StrCat("return self.w_2(", activation, ")")});
}

std::string WithNumbers(std::string source,
                        const std::vector<std::pair<std::string, double>>& numbers) {
  for (const auto& [name, number] : numbers) {
    absl::StrReplaceAll({{name, absl::StrFormat("%.17g", number)}}, &source);
  }
  return source;
}

}  // namespace edgebench::worker::zoo
