#include "agent/worker/zoo/speech/parts.h"
#include "agent/worker/zoo/speech/recurrent_layers.h"
#include "agent/worker/zoo/speech/sources.h"

namespace edgebench::worker::zoo {

// ESPnet's SequentialRNNLM. torch.lstm wants the layers first in its state, a search the
// hypotheses.
Layer RecurrentLanguageModel(const LanguageModelSizes& sizes) {
  return Module("espnet2.lm.seq_rnn_lm.SequentialRNNLM",
                {{"encoder", UnitEmbedding(sizes.tokens, sizes.width)},
                 {"rnn", Lstm(sizes.width, sizes.width, sizes.layers, Directions::kOne)},
                 {"decoder", LinearBehindLstm(sizes.width, sizes.tokens)}},
                WithNumbers(R"(
def forward(self, tokens: Tensor) -> Tensor:
    x = self.encoder(tokens)
    zeros = x.new_zeros([LAYERS, x.size(0), WIDTH])
    x, h, c = self.rnn(x, zeros, zeros)
    return self.decoder(x)

def initial_state(self, like: Tensor) -> List[Tensor]:
    zeros = like.new_zeros([1, LAYERS, WIDTH])
    return [zeros, zeros]

def step(self, tokens: Tensor, state: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
    before_h = state[0].transpose(0, 1).contiguous()
    before_c = state[1].transpose(0, 1).contiguous()
    x, h, c = self.rnn(self.encoder(tokens).unsqueeze(1), before_h, before_c)
    return self.decoder(x).squeeze(1), [h.transpose(0, 1), c.transpose(0, 1)]
)",
                            {{"LAYERS", sizes.layers}, {"WIDTH", sizes.width}}));
}

}  // namespace edgebench::worker::zoo
