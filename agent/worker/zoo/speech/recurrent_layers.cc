#include "agent/worker/zoo/speech/recurrent_layers.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace edgebench::worker::zoo {
namespace {

// Of one direction of one layer: the gates of input, forgetting, cell and output in one.
std::vector<TensorSlot> Gates(const std::string& suffix, int in, int units) {
  return {{absl::StrCat("weight_ih", suffix), {4 * units, in}, Fill::kUniform, true, kLstmGain},
          {absl::StrCat("weight_hh", suffix), {4 * units, units}, Fill::kUniform},
          {absl::StrCat("bias_ih", suffix), {4 * units}, Fill::kZeros},
          {absl::StrCat("bias_hh", suffix), {4 * units}, Fill::kZeros}};
}

}  // namespace

Layer Lstm(int in, int units, int layers, Directions directions) {
  Layer layer;
  layer.type = "torch.nn.modules.rnn.LSTM";
  const bool both = directions == Directions::kTwo;
  std::vector<std::string> names;
  for (int i = 0; i < layers; ++i) {
    for (const char* direction : {"", "_reverse"}) {
      if (*direction != 0 && !both) continue;
      const int own = i == 0 ? in : units * static_cast<int>(directions);
      for (TensorSlot& slot : Gates(absl::StrCat("_l", i, direction), own, units)) {
        names.push_back("self." + slot.name);
        layer.tensors.push_back(std::move(slot));
      }
    }
  }
  layer.forward = absl::StrFormat(
      "def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Tuple[Tensor, Tensor, Tensor]:\n"
      "    return torch.lstm(x, [h, c], [%s], True, %d, 0., False, %s, True)\n",
      absl::StrJoin(names, ", "), layers, both ? "True" : "False");
  return layer;
}

Layer LstmCell(int in, int units) {
  Layer layer;
  layer.type = "torch.nn.modules.rnn.LSTMCell";
  layer.tensors = Gates("", in, units);
  layer.forward =
      "def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Tuple[Tensor, Tensor]:\n"
      "    return torch.lstm_cell(x, [h, c], self.weight_ih, self.weight_hh, self.bias_ih, "
      "self.bias_hh)\n";
  return layer;
}

Layer UnitEmbedding(int rows, int size) {
  Layer layer = Embedding(rows, size);
  layer.tensors[0].gain = std::sqrt(size);
  return layer;
}

Layer LinearBehindLstm(int in, int out) {
  Layer layer = Linear(in, out);
  layer.tensors[0].gain = kLstmGain;
  return layer;
}

}  // namespace edgebench::worker::zoo
