#pragma once

#include <torch/script.h>

#include <string>

namespace edgebench::worker {

// A module in eval mode with the methods of `source`, TorchScript from "def forward" on.
torch::jit::Module ScriptedModule(const std::string& source);

// A convolution, batch norm, relu and a linear layer over float32[N,3,H,W],
// with seeded weights; 8 * 3 * 9 + 8 + 2 * 8 + 10 * 8 + 10 = 330 parameters.
torch::jit::Module SmallModel();
void SaveSmallModel(const std::string& path);

}  // namespace edgebench::worker
