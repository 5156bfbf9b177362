#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::worker {

// The tensors that an operator is given, those that it holds packed, and those that it
// yields; none twice.
struct Operands {
  const std::vector<at::Tensor>& inputs;
  const std::vector<at::Tensor>& packed;
  const std::vector<at::Tensor>& outputs;
};

// What it must read and write at least, see described_operators.h. `function` is called as
// in LibTorch ("aten::add_"), `kind` as in Coverage.
int64_t BytesMoved(absl::string_view function, absl::string_view kind, const Operands& operands);

// Of a convolution over so many dimensions that is not transposed.
int64_t MultiplyAddsOfConvolution(const at::Tensor& weight, int64_t spatial,
                                  const at::Tensor& output);

// Of an operator with packed weights; nullopt where there is no formula for its kind.
std::optional<int64_t> MultiplyAddsOfPacked(absl::string_view kind, const at::Tensor& input,
                                            const std::vector<at::Tensor>& weights,
                                            const at::Tensor& output);

}  // namespace edgebench::worker
