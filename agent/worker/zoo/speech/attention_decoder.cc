#include "absl/strings/str_format.h"
#include "agent/worker/zoo/speech/parts.h"
#include "agent/worker/zoo/speech/recurrent_layers.h"
#include "agent/worker/zoo/speech/sources.h"

namespace edgebench::worker::zoo {
namespace {

Layer LinearWithoutBias(int in, int out) {
  Layer layer = Linear(in, out);
  layer.tensors[1].fill = Fill::kAbsent;
  return layer;
}

// Along time only.
Layer LocationConvolution(int channels, int reach) {
  Layer layer = Conv2d(1, channels, Window(2 * reach + 1), Bias::kNo);
  layer.tensors[0].shape[2] = 1;
  layer.forward = absl::StrFormat(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "    return torch.conv2d(x, self.weight, self.bias, [1, 1], [0, %d], [1, 1], 1)\n",
      reach);
  return layer;
}

// The sharpening by 2 is ESPnet's.
Layer LocationAttention(const AttentionDecoderSizes& sizes) {
  return Module("espnet.nets.pytorch_backend.rnn.attentions.AttLoc",
                {{"mlp_enc", Linear(sizes.width, sizes.attention)},
                 {"mlp_dec", LinearWithoutBias(sizes.units, sizes.attention)},
                 {"mlp_att", LinearWithoutBias(sizes.channels, sizes.attention)},
                 {"loc_conv", LocationConvolution(sizes.channels, sizes.reach)},
                 {"gvec", Linear(sizes.attention, 1)}},
                R"(
def forward(self, h: Tensor, looked_at: Tensor, projected: Tensor, memory: Tensor) -> Tuple[Tensor, Tensor]:
    places = self.loc_conv(looked_at.unsqueeze(1).unsqueeze(1)).squeeze(2).transpose(1, 2)
    mixed = self.mlp_att(places) + projected + self.mlp_dec(h).unsqueeze(1)
    weights = torch.softmax(2.0 * self.gvec(torch.tanh(mixed)).squeeze(2), 1)
    return torch.matmul(weights.unsqueeze(1), memory).squeeze(1), weights
)");
}

}  // namespace

// The state: output and cell of the LSTM, and where the last step looked.
Layer AttentionDecoder(const AttentionDecoderSizes& sizes) {
  return Module("espnet2.asr.decoder.rnn_decoder.RNNDecoder",
                {{"embed", UnitEmbedding(sizes.tokens, sizes.units)},
                 {"decoder", ModuleList({LstmCell(sizes.units + sizes.width, sizes.units)})},
                 {"output", LinearBehindLstm(sizes.units, sizes.tokens)},
                 {"att_list", ModuleList({LocationAttention(sizes)})}},
                WithNumbers(R"(
def forward(self, tokens: Tensor, memory: Tensor) -> Tensor:
    prepared = self.prepare(memory)
    state = self.initial_state(memory)
    logits: List[Tensor] = []
    for i in range(tokens.size(1)):
        next_logits, state = self.step(tokens[:, i], state, prepared)
        logits.append(next_logits)
    return torch.stack(logits, 1)

def prepare(self, memory: Tensor) -> List[Tensor]:
    return [getattr(self.att_list, "0").mlp_enc.forward(memory), memory]

def initial_state(self, memory: Tensor) -> List[Tensor]:
    zeros = memory.new_zeros([memory.size(0), UNITS])
    everywhere = memory.new_ones([memory.size(0), memory.size(1)]) / memory.size(1)
    return [zeros, zeros, everywhere]

def step(self, tokens: Tensor, state: List[Tensor], prepared: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
    attention = getattr(self.att_list, "0")
    context, weights = attention.forward(state[0], state[2], prepared[0], prepared[1])
    x = torch.cat([self.embed(tokens), context], 1)
    h, c = getattr(self.decoder, "0").forward(x, state[0], state[1])
    return self.output(h), [h, c, weights]
)",
                            {{"UNITS", sizes.units}}));
}

}  // namespace edgebench::worker::zoo
