#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/worker/zoo/layers.h"

namespace edgebench::worker::zoo {

// Pieces of TorchScript source that several models of speech share.

// The method sinusoids(positions [L], like) -> [1, L, width] in the type of `like`: sine and
// cosine by turns, Vaswani et al., arXiv:1706.03762, section 3.5. Computed in double
// precision, as narrow types cannot tell far positions apart.
std::string SinusoidsMethod(int width);

// Children "0", "1", ... without a forward of its own.
Layer ModuleList(std::vector<Layer> layers);

// Linear layers around an activation, "torch.relu(x)": names w_1 and w_2.
Layer FeedForward(int width, int inner, const std::string& activation);

// `source` with each NAME replaced by its number.
std::string WithNumbers(std::string source,
                        const std::vector<std::pair<std::string, double>>& numbers);

}  // namespace edgebench::worker::zoo
