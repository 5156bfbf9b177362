#include "absl/strings/str_cat.h"
#include "agent/worker/zoo/speech/parts.h"
#include "agent/worker/zoo/speech/recurrent_layers.h"
#include "agent/worker/zoo/speech/sources.h"

namespace edgebench::worker::zoo {
namespace {

Layer ProjectedLayers(const BlstmpSizes& sizes) {
  std::vector<std::pair<std::string, Layer>> children;
  std::string forward = "def forward(self, x: Tensor) -> Tensor:\n";
  for (int i = 0; i < sizes.layers; ++i) {
    const int in = i == 0 ? sizes.features : sizes.width;
    children.emplace_back(absl::StrCat("birnn", i), Lstm(in, sizes.units, 1, Directions::kTwo));
    children.emplace_back(absl::StrCat("bt", i), LinearBehindLstm(2 * sizes.units, sizes.width));
    absl::StrAppend(&forward, "    start", i, " = x.new_zeros([2, x.size(0), ", sizes.units,
                    "])\n");
    absl::StrAppend(&forward, "    x, h", i, ", c", i, " = self.birnn", i, "(x, start", i,
                    ", start", i, ")\n");
    if (i < sizes.halving) absl::StrAppend(&forward, "    x = x[:, ::2]\n");
    absl::StrAppend(&forward, "    x = self.bt", i, "(x)\n");
    if (i + 1 < sizes.layers) absl::StrAppend(&forward, "    x = torch.tanh(x)\n");
  }
  absl::StrAppend(&forward, "    return x\n");
  return Module("espnet.nets.pytorch_backend.rnn.encoders.RNNP", std::move(children), forward);
}

}  // namespace

Layer BlstmpEncoder(const BlstmpSizes& sizes) {
  return Module("espnet2.asr.encoder.rnn_encoder.RNNEncoder",
                {{"enc", ModuleList({ProjectedLayers(sizes)})}}, R"(
def forward(self, speech: Tensor) -> Tensor:
    return getattr(self.enc, "0").forward(speech)
)");
}

}  // namespace edgebench::worker::zoo
