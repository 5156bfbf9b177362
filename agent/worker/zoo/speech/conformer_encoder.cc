#include <cmath>

#include "absl/strings/str_cat.h"
#include "agent/worker/zoo/speech/parts.h"
#include "agent/worker/zoo/speech/sources.h"

namespace edgebench::worker::zoo {
namespace {

constexpr char kPackage[] = "espnet.nets.pytorch_backend.";
constexpr double kEps = 1e-12;
constexpr char kSwish[] = "x * torch.sigmoid(x)";

// Two convolutions of stride 2 without padding.
int Subsampled(int size) { return ((size - 1) / 2 - 1) / 2; }

Layer Subsampling(const ConformerSizes& sizes) {
  const Window window = Window(3).Stride(2).Padding(0);
  const int width = sizes.width;
  return Module(absl::StrCat(kPackage, "transformer.subsampling.Conv2dSubsampling"),
                {{"conv", Sequential({Conv2d(1, width, window, Bias::kYes), ReLU(),
                                      Conv2d(width, width, window, Bias::kYes), ReLU()})},
                 {"out", Sequential({Linear(width * Subsampled(sizes.features), width)})}},
                WithNumbers(R"(
def forward(self, x: Tensor) -> Tensor:
    x = self.conv(x.unsqueeze(1)).transpose(1, 2)
    return self.out(x.reshape([x.size(0), x.size(1), -1])) * SCALE
)",
                            {{"SCALE", std::sqrt(width)}}));
}

// Of Dai et al., section 3.3: what a frame attends to depends on contents and on the distance.
Layer RelativeAttention(int width, int heads) {
  const std::string methods =
      WithNumbers(R"(
def forward(self, x: Tensor, distances: Tensor) -> Tensor:
    query = self.linear_q(x).view([x.size(0), x.size(1), HEADS, SIZE])
    keys = self.heads(self.linear_k(x))
    values = self.heads(self.linear_v(x))
    by_content = torch.add(query, self.pos_bias_u).transpose(1, 2)
    by_distance = torch.add(query, self.pos_bias_v).transpose(1, 2)
    scores = torch.matmul(by_content, keys.transpose(2, 3))
    waves = self.heads(self.linear_pos(distances))
    scores = scores + self.shifted(torch.matmul(by_distance, waves.transpose(2, 3)))
    weights = torch.softmax(scores / SCALE, -1)
    mixed = torch.matmul(weights, values).transpose(1, 2)
    return self.linear_out(mixed.reshape([x.size(0), x.size(1), -1]))

def heads(self, x: Tensor) -> Tensor:
    return x.view([x.size(0), x.size(1), HEADS, SIZE]).transpose(1, 2)

# Row i holds the distances frames - 1 to 1 - frames; its own begin frames - 1 - i behind
# that. One more column in front and a view with other lines do this for all rows at once.
def shifted(self, x: Tensor) -> Tensor:
    rows = x.size(2)
    columns = x.size(3)
    padded = torch.constant_pad_nd(x, [1, 0], 0.0)
    lines = padded.view([x.size(0), x.size(1), columns + 1, rows])[:, :, 1:]
    return lines.reshape([x.size(0), x.size(1), rows, columns])[:, :, :, :rows]
)",
                  {{"HEADS", heads}, {"SIZE", width / heads}, {"SCALE", std::sqrt(width / heads)}});
  Layer pos = Linear(width, width);
  pos.tensors[1].fill = Fill::kAbsent;
  Layer layer =
      Module(absl::StrCat(kPackage, "transformer.attention.RelPositionMultiHeadedAttention"),
             {{"linear_q", Linear(width, width)},
              {"linear_k", Linear(width, width)},
              {"linear_v", Linear(width, width)},
              {"linear_out", Linear(width, width)},
              {"linear_pos", std::move(pos)}},
             methods);
  for (const char* name : {"pos_bias_u", "pos_bias_v"}) {
    layer.tensors.push_back({name, {heads, width / heads}, Fill::kUniform});
  }
  return layer;
}

Layer ConvolutionModule(int width, int kernel) {
  return Composite(
      absl::StrCat(kPackage, "conformer.convolution.ConvolutionModule"),
      {{"pointwise_conv1", Conv1d(width, 2 * width, Window(1), Bias::kYes)},
       {"depthwise_conv", Conv1d(width, width, Window(kernel).Groups(width), Bias::kYes)},
       {"norm", BatchNorm1d(width)},
       {"pointwise_conv2", Conv1d(width, width, Window(1), Bias::kYes)}},
      {"x = torch.glu(self.pointwise_conv1(x.transpose(1, 2)), 1)",
       "x = self.norm(self.depthwise_conv(x))",
       absl::StrCat("return self.pointwise_conv2(", kSwish, ").transpose(1, 2)")});
}

Layer Block(const ConformerSizes& sizes) {
  std::vector<std::pair<std::string, Layer>> children = {
      {"self_attn", RelativeAttention(sizes.width, sizes.heads)},
      {"feed_forward", FeedForward(sizes.width, sizes.feed_forward, kSwish)},
      {"feed_forward_macaron", FeedForward(sizes.width, sizes.feed_forward, kSwish)},
      {"conv_module", ConvolutionModule(sizes.width, sizes.kernel)}};
  for (const char* name : {"norm_ff", "norm_mha", "norm_ff_macaron", "norm_conv", "norm_final"}) {
    children.emplace_back(name, LayerNorm(sizes.width, kEps));
  }
  return Module(absl::StrCat(kPackage, "conformer.encoder_layer.EncoderLayer"), std::move(children),
                R"(
def forward(self, x: Tensor, distances: Tensor) -> Tensor:
    x = x + 0.5 * self.feed_forward_macaron(self.norm_ff_macaron(x))
    x = x + self.self_attn(self.norm_mha(x), distances)
    x = x + self.conv_module(self.norm_conv(x))
    x = x + 0.5 * self.feed_forward(self.norm_ff(x))
    return self.norm_final(x)
)");
}

}  // namespace

Layer ConformerEncoder(const ConformerSizes& sizes) {
  std::vector<Layer> blocks;
  std::string calls;
  for (int i = 0; i < sizes.blocks; ++i) {
    blocks.push_back(Block(sizes));
    absl::StrAppend(&calls, "    x = getattr(self.encoders, \"", i, "\").forward(x, distances)\n");
  }
  return Module(
      "espnet2.asr.encoder.conformer_encoder.ConformerEncoder",
      {{"embed", Subsampling(sizes)},
       {"encoders", ModuleList(std::move(blocks))},
       {"after_norm", LayerNorm(sizes.width, kEps)}},
      absl::StrCat(R"(
def forward(self, speech: Tensor) -> Tensor:
    x = self.embed(speech)
    frames = x.size(1)
    distances = self.sinusoids(torch.arange(frames - 1, -frames, -1, device=x.device), x)
)",
                   calls, "    return self.after_norm(x)\n", SinusoidsMethod(sizes.width)));
}

}  // namespace edgebench::worker::zoo
