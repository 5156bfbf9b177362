#pragma once

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// Output and cell of an LSTM are products of squashed values, of a variance well below their
// inputs'. So what reads them starts with larger weights, lest stacked layers fade.
constexpr double kLstmGain = 3.0;

// torch.nn.LSTM, the batch first: forward(x, h, c) -> output, h, c. Per direction and layer
// h and c have a row, [layers or 2 layers, N, units].
enum class Directions { kOne = 1, kTwo = 2 };
Layer Lstm(int in, int units, int layers, Directions directions);

// forward(x [N, in], h, c [N, units]) -> h, c
Layer LstmCell(int in, int units);

// Rows of variance 1, as torch.nn.Embedding starts with.
Layer UnitEmbedding(int rows, int size);

// Linear behind an LSTM.
Layer LinearBehindLstm(int in, int out);

}  // namespace edgebench::worker::zoo
